/** What faults have in common: what they strike at, and what several of them do. */
import type { Application } from '../application.ts';
import { Violation } from '../ledger.ts';
import type { Promises } from '../promises.ts';
import type { Rolling } from '../rolling.ts';
import type { FaultKind } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import type { Traffic } from '../traffic.ts';

export const MAX_NODES = 6;

/** Does something for about so long; what it did, or `undefined` when it can't be done now. */
export type Strike = (scene: FaultScene, forMs: number) => string | undefined;
export type Strikes = Partial<Readonly<Record<FaultKind, Strike>>>;

export class FaultScene {
  readonly stage: Stage;
  readonly promises: Promises;
  readonly rolling: Rolling;
  readonly traffic: Traffic;
  /** Drains that were carried through. */
  drained = 0;
  /** Nodes that were stopped, without a drain, because all handovers from them were finished. */
  retired = 0;
  /** Whether nothing strikes any more. */
  isHealed = false;
  /** Until when processes restart with another list, virtual milliseconds. */
  rollsUntil = -Infinity;
  /** What strikes at the next step of whoever finishes a handover. */
  atNextStep: (() => void) | undefined;

  constructor(stage: Stage, promises: Promises, rolling: Rolling, traffic: Traffic) {
    this.stage = stage;
    this.promises = promises;
    this.rolling = rolling;
    this.traffic = traffic;
  }

  tellAll(): void {
    for (const application of this.stage.applications) application.tell(this.stage.topology);
  }

  restartOne(application: Application): void {
    if (application.alive) this.stage.restart(application);
  }

  restartAll(withinMs: number): void {
    const { applications, time } = this.stage;
    for (const [index, application] of applications.entries())
      time.at((withinMs / applications.length) * index, () => this.restartOne(application));
  }

  /**
   * Whether a roll is going on whose two lists share this node alone: it is to stay, or who has one list never hears of
   * the other.
   */
  isShared(id: string): boolean {
    return this.stage.time.now < this.rollsUntil && !this.promises.isRememberedWithout(id);
  }

  unlist(id: string): void {
    this.stage.list(this.stage.listed.filter((listed) => listed !== id));
    this.promises.unlisted(id);
  }

  stop(id: string): void {
    if (this.stage.listed.includes(id)) return;
    this.stage.network.nodes.get(id)?.crash();
    this.promises.excuseLost();
  }

  /** All that it holds is elsewhere: it is taken off the list, and stopped later. */
  isDrained(id: string): void {
    const key = this.promises.mayLoseChanges !== undefined ? undefined : this.promises.onlyOn(id);
    if (key !== undefined)
      this.stage.violation ??= new Violation('lost', `${key} is only on ${id}, which was called drained`);
    this.drained += 1;
    this.rolling.disturb();
    this.stage.note(() => `${id} is drained`);
    this.stage.list(this.stage.listed.filter((other) => other !== id));
    this.stage.announce();
    // Lists may come in another order than they were announced. In peace the last word is the right one.
    if (this.isHealed) this.stage.time.at(5_000, () => this.tellAll());
    this.stage.time.at(5_000, () => this.stop(id));
  }
}
