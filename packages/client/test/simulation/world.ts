/** One history from one seed: several real clients over virtual nodes, traffic and faults, then peace, and everything read back. */
import type { Violation } from './ledger.ts';
import { describe } from './description.ts';
import { Faults } from './faults.ts';
import { mutated, type Mutation } from './mutation.ts';
import { Promises } from './promises.ts';
import { Random } from './random.ts';
import { Restorations, type RestorationCounts } from './restorations.ts';
import { Rolling } from './rolling.ts';
import { scenarioOf, type FaultKind, type Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import { AGREEMENT_MS } from './timing.ts';
import { Traffic, type OperationCounts } from './traffic.ts';
import type { NetworkCounts } from './virtual-network.ts';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly network: NetworkCounts;
  readonly operations: OperationCounts & RestorationCounts & { readonly drained: number; readonly 'gone one by one': number };
  /** What happened, in order, for the reader of a failure; empty unless it was asked for. */
  readonly log: readonly string[];
}

export interface WorldOptions {
  /** Instead of the one that the seed draws. */
  readonly scenario?: Scenario;
  readonly mutation?: Mutation;
  readonly keepLog?: boolean;
}

export class World {
  readonly scenario: Scenario;
  readonly #stage: Stage;
  readonly #promises: Promises;
  readonly #traffic: Traffic;
  readonly #faults: Faults;
  readonly #restorations = new Restorations();
  readonly #rolling: Rolling;

  constructor(seed: number, { scenario, mutation, keepLog = false }: WorldOptions = {}) {
    const random = new Random(seed);
    const drawn = scenarioOf(seed, random.fork());
    this.scenario = scenario ?? drawn;
    this.#stage = new Stage({
      scenario: this.scenario,
      random,
      mutate: (transport, application) => mutated(transport, mutation, application),
      keepLog,
    });
    this.#promises = new Promises(this.#stage);
    this.#traffic = new Traffic(this.#stage, this.#promises);
    this.#restorations.onTold = (text) => this.#stage.note(text);
    this.#rolling = new Rolling(this.#stage, this.#promises, this.#restorations);
    this.#faults = new Faults(this.#stage, this.#promises, this.#rolling);
  }

  async run(): Promise<Outcome> {
    this.#restorations.listen();
    // A history is full of errors, and nobody looks where one of them was made.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return await this.#play();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      this.#restorations.end();
    }
  }

  async #play(): Promise<Outcome> {
    const stage = this.#stage;
    const { nodes, processes, faults, durationMs, seed } = this.scenario;
    stage.list(Array.from({ length: nodes }, () => stage.startNode()));
    for (let index = 0; index < processes; index += 1) stage.startApplication();
    for (const fault of faults) stage.time.at(fault.at, () => this.#faults.strike(fault));
    await this.#pass(durationMs);
    this.#faults.heal();
    if (this.scenario.endsQuietly) this.#traffic.end();
    await this.#pass(AGREEMENT_MS);
    this.#traffic.end();
    await this.#pass(2_000);
    this.#promises.endAllowances();
    // Twice: the first reading carries what was in doubt, the second finds it carried.
    for (let round = 0; round < 2; round += 1) await this.#traffic.readEverything();
    if (stage.violation !== undefined) describe(stage);
    for (const { client } of stage.applications) client.destroy();
    return {
      seed,
      violation: stage.violation,
      faults: this.#faults.counts,
      network: stage.network.counts,
      operations: {
        ...this.#traffic.counts,
        ...this.#restorations.counts,
        drained: this.#faults.drained,
        'gone one by one': this.#rolling.steps,
      },
      log: stage.log,
    };
  }

  #pass(durationMs: number): Promise<void> {
    const { time } = this.#stage;
    return time.run(time.now + durationMs, () => this.#stage.violation !== undefined);
  }
}
