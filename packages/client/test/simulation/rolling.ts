/**
 * Removes nodes one by one, like an operator who waits for rereplication in between: no removal may take the last copy
 * of a session. Does not check first whether the other nodes hold everything.
 */
import type { RereplicationReason } from '../../src/diagnostics.ts';
import { Violation } from './ledger.ts';
import type { Promises } from './promises.ts';
import type { Restorations } from './restorations.ts';
import type { Stage } from './stage.ts';

const MAX_NODES = 6;
/** Most nodes removed in a row. */
const MAX_STEPS = 4;
/** Least number of nodes that must hold each session before a node goes. */
const ENOUGH = 2;

interface Step {
  readonly node: string;
  readonly awaited: RereplicationReason;
}

export class Rolling {
  /** Number of nodes removed after rereplication was reported done. */
  steps = 0;
  readonly #stage: Stage;
  readonly #promises: Promises;
  #underWay: Step | undefined;
  #left = 0;
  #disturbances = 0;

  constructor(stage: Stage, promises: Promises, restorations: Restorations) {
    this.#stage = stage;
    this.#promises = promises;
    restorations.onDone = (node, reason) => this.#done(node, reason);
  }

  /** Removes the first node. Returns a description, or `undefined` if it is not possible now. */
  begin(): string | undefined {
    if (
      this.#underWay !== undefined ||
      this.#stage.leastCopies < ENOUGH ||
      !this.#isCalm() ||
      this.#promises.rarest(ENOUGH) !== undefined
    )
      return undefined;
    this.#left = MAX_STEPS;
    return this.#next();
  }

  /** Another fault happened: stops the series. */
  disturb(): void {
    this.#disturbances += 1;
    this.#underWay = undefined;
  }

  #done(node: string, reason: RereplicationReason): void {
    const stage = this.#stage;
    if (this.#underWay?.node !== node || this.#underWay.awaited !== reason) return;
    this.#underWay = undefined;
    if (!this.#isCalm(node)) return;
    const rare = this.#promises.rarest(ENOUGH);
    if (rare !== undefined) {
      stage.violation ??= new Violation(
        'lost',
        `${rare} is on less than ${ENOUGH} nodes, though all that ${node} took along was called restored`,
      );
      return;
    }
    const next = this.#next();
    if (next === undefined) return;
    this.steps += 1;
    stage.note(() => `after ${node}, ${next}`);
  }

  /** Whether every process has the current list, and every listed node except `crashed` is in reach of all. */
  #isCalm(crashed?: string): boolean {
    const { listed, applications } = this.#stage;
    const running = this.#running;
    const names = listed.toSorted().join();
    return (
      !this.#promises.isSplit &&
      listed.every((id) => id === crashed || running.includes(id)) &&
      applications.every(
        (application) =>
          application.listed
            .map(({ id }) => id)
            .toSorted()
            .join() === names,
      )
    );
  }

  get #running(): readonly string[] {
    const { listed, network } = this.#stage;
    return listed.filter((id) => network.nodes.get(id)?.condition === 'running' && !network.isolated.has(id));
  }

  #next(): string | undefined {
    const { listed, random } = this.#stage;
    const running = this.#running;
    if (this.#left === 0 || running.length <= ENOUGH) return undefined;
    this.#left -= 1;
    const node = random.pick(running);
    const how = random.pick(['replaced', 'taken off', 'restarted', 'crashed'] as const);
    if (how === 'restarted') return this.#crash(node, 10, 'returned');
    // Longer than an agreement, so that it is rereplicated while it is still listed.
    if (how === 'crashed') return this.#crash(node, 60_000, 'left');
    return this.#leave(node, how === 'replaced' && listed.length < MAX_NODES);
  }

  #crash(id: string, forMs: number, awaited: RereplicationReason): string {
    const node = this.#stage.network.nodes.get(id);
    node?.crash();
    this.#underWay = { node: id, awaited };
    this.#stage.time.at(forMs, () => {
      if (node?.condition === 'crashed' && this.#stage.listed.includes(id)) node.start();
    });
    return `${id} crashes for ${forMs} ms`;
  }

  #leave(id: string, isReplaced: boolean): string {
    const stage = this.#stage;
    const others = stage.listed.filter((listed) => listed !== id);
    stage.list(isReplaced ? [...others, stage.startNode()] : others);
    stage.announce();
    this.#underWay = { node: id, awaited: 'left' };
    const before = this.#disturbances;
    stage.time.at(stage.random.pick([100, 3_000, 20_000]), () => {
      if (stage.listed.includes(id)) return;
      stage.network.nodes.get(id)?.crash();
      // Another node was lost meanwhile, while this one still held its copies.
      if (this.#disturbances > before) this.#promises.excuseLost();
    });
    return `${id} is ${isReplaced ? 'replaced' : 'taken off the list'}`;
  }
}
