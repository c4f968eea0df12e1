/**
 * Nodes that go one by one, as an operator does it who waits for the copies in between: whichever goes next, it must
 * not take the last copy of anything along. Nobody looks first whether the others hold everything.
 */
import type { RefillReason } from '../../src/diagnostics.ts';
import { Violation } from './ledger.ts';
import type { Promises } from './promises.ts';
import type { Restorations } from './restorations.ts';
import type { Stage } from './stage.ts';

const MAX_NODES = 6;
/** Nodes that go in a row at most. */
const MAX_STEPS = 4;
/** What everything must be on, at least, before a node goes. */
const ENOUGH = 2;

interface Step {
  readonly node: string;
  readonly awaited: RefillReason;
}

export class Rolling {
  /** Nodes that went because it was said that the copies are restored. */
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

  /** The first that goes; `undefined` when it is not the time for it. */
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

  /** Something else was lost, or is out of reach: nobody goes on now. */
  disturb(): void {
    this.#disturbances += 1;
    this.#underWay = undefined;
  }

  #done(node: string, reason: RefillReason): void {
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

  /**
   * Every process has the list, and every node on it answers everybody, but for the one that crashed and stays down.
   */
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
    // For longer than an agreement: it is made up for while it is still listed.
    if (how === 'crashed') return this.#crash(node, 60_000, 'left');
    return this.#leave(node, how === 'replaced' && listed.length < MAX_NODES);
  }

  #crash(id: string, forMs: number, awaited: RefillReason): string {
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
      // Something else went meanwhile, because this one still held what it had.
      if (this.#disturbances > before) this.#promises.excuseLost();
    });
    return `${id} is ${isReplaced ? 'replaced' : 'taken off the list'}`;
  }
}
