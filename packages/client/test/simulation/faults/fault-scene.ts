/** The state and steps that faults share. */
import type { Application } from '../application.ts';
import { Violation } from '../ledger.ts';
import type { Promises } from '../promises.ts';
import type { Rolling } from '../rolling.ts';
import type { FaultKind } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import type { Traffic } from '../traffic.ts';

export const MAX_NODES = 6;

/** Causes a fault for about `forMs`. Returns a description, or `undefined` if it is not possible now. */
export type Strike = (scene: FaultScene, forMs: number) => string | undefined;
export type Strikes = Partial<Readonly<Record<FaultKind, Strike>>>;

export class FaultScene {
  readonly stage: Stage;
  readonly promises: Promises;
  readonly rolling: Rolling;
  readonly traffic: Traffic;
  /** Number of completed drains. */
  drained = 0;
  /** Number of nodes stopped without a drain, after all handovers from them were finished. */
  retired = 0;
  /** Whether the phase of faults is over. */
  isHealed = false;
  /** End of the current rolling deploy, virtual milliseconds. */
  rollsUntil = -Infinity;
  /** The fault to cause at the next step of a finisher. */
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
   * Whether the two lists of the current rolling deploy share only this node. Then it must stay: it is the only link
   * between processes with different lists.
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
    this.promises.loseMemory(() => this.stage.network.nodes.get(id)?.crash());
  }

  /** All of the node's records are on others: takes it off the list, and stops it later. */
  isDrained(id: string): void {
    const key = this.promises.mayLoseChanges !== undefined ? undefined : this.promises.onlyOn(id);
    if (key !== undefined)
      this.stage.violation ??= new Violation('lost', `${key} is only on ${id}, which was called drained`);
    this.drained += 1;
    this.rolling.disturb();
    this.stage.note(() => `${id} is drained`);
    const others = this.stage.listed.filter((other) => other !== id);
    // The other nodes left while it was drained. An operator takes no last node off the list, and clients use it again.
    if (others.length === 0) return;
    this.stage.list(others);
    this.stage.announce();
    // Lists may arrive in another order than announced. After healing, the last one must be right.
    if (this.isHealed) this.stage.time.at(5_000, () => this.tellAll());
    this.stage.time.at(5_000, () => this.stop(id));
  }
}
