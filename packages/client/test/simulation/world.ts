/**
 * Runs one history from one seed: several real clients over virtual nodes with traffic and faults; then everything is
 * healed and read back.
 */
import { Violation } from './ledger.ts';
import { describe } from './description.ts';
import { Faults } from './faults.ts';
import { mutated, type Mutation } from './mutation.ts';
import { Promises } from './promises.ts';
import { Random } from './random.ts';
import { Refusals } from './refusals.ts';
import { Finishes, type FinishCounts } from './finishes.ts';
import { Restorations, type RestorationCounts } from './restorations.ts';
import { Rolling } from './rolling.ts';
import { isHarsh, scenarioOf, type FaultKind, type Profile, type Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import { AGREEMENT_MS, PATIENCE_MS } from './timing.ts';
import { Traffic, type OperationCounts } from './traffic.ts';
import type { NetworkCounts } from './virtual-network.ts';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly network: NetworkCounts;
  /** Number of uses of each excuse, by its name in `unpromised.ts`. */
  readonly excuses: Readonly<Record<string, number>>;
  readonly operations: OperationCounts &
    RestorationCounts &
    FinishCounts & { readonly drained: number; readonly retired: number; readonly 'gone one by one': number };
  /** The log for the reader of a failure; empty unless `keepLog` is set. */
  readonly log: readonly string[];
}

export interface WorldOptions {
  /** Replaces the scenario drawn from the seed. */
  readonly scenario?: Scenario;
  readonly mutation?: Mutation;
  readonly profile?: Profile;
  /** Restricts the kinds of faults of the profile. */
  readonly only?: readonly FaultKind[];
  readonly keepLog?: boolean;
}

export class World {
  readonly scenario: Scenario;
  readonly #stage: Stage;
  readonly #promises: Promises;
  readonly #traffic: Traffic;
  readonly #faults: Faults;
  readonly #restorations = new Restorations();
  readonly #finishes = new Finishes();
  readonly #refusals = new Refusals();
  readonly #rolling: Rolling;

  constructor(seed: number, { scenario, mutation, profile, only, keepLog = false }: WorldOptions = {}) {
    const random = new Random(seed);
    const drawn = scenarioOf(seed, random.fork(), profile, only);
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
    this.#finishes.onTold = (text) => this.#stage.note(text);
    this.#refusals.onTold = ({ node, detail }) => {
      this.#stage.violation ??= new Violation('unreadable history', `of ${node}: ${detail}`);
    };
    this.#rolling = new Rolling(this.#stage, this.#promises, this.#restorations);
    this.#faults = new Faults(this.#stage, this.#promises, this.#rolling, this.#traffic);
    this.#finishes.onStep = (phase) => {
      this.#faults.stepOfFinisher();
      if (phase === 'begun' || phase === 'passed') this.#traffic.crowd();
    };
  }

  async run(): Promise<Outcome> {
    this.#restorations.listen();
    this.#finishes.listen();
    this.#refusals.listen();
    // Stack traces cost time, and a history creates many errors.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return await this.#play();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      this.#restorations.end();
      this.#finishes.end();
      this.#refusals.end();
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
    if (isHarsh(this.scenario.profile)) {
      // A deploy that is under way goes on, and each process that starts has patience of its own.
      await this.#pass(Math.max(0, ...faults.map(({ at, forMs }) => at + forMs - stage.time.now)));
      await this.#pass(PATIENCE_MS);
    }
    // Twice: the first read migrates records in doubt, the second checks the result.
    for (let round = 0; round < 2; round += 1) await this.#traffic.readEverything();
    if (isHarsh(this.scenario.profile)) this.#expectAllInRotation();
    if (stage.violation !== undefined) describe(stage);
    for (const { client } of stage.applications) client.destroy();
    return {
      seed,
      violation: stage.violation,
      faults: this.#faults.counts,
      network: stage.network.counts,
      excuses: Object.fromEntries(Object.entries(stage.excuses).map(([name, times]) => [`excused: ${name}`, times])),
      operations: {
        ...this.#traffic.counts,
        ...this.#restorations.counts,
        ...this.#finishes.counts,
        retired: this.#faults.retired,
        drained: this.#faults.drained,
        'gone one by one': this.#rolling.steps,
      },
      log: stage.log,
    };
  }

  /** Checks that no node stays out of rotation, for example after an unfinished drain. */
  #expectAllInRotation(): void {
    const { applications, listed } = this.#stage;
    const keys = Array.from({ length: 100 }, (_, index) => `rotation/${index}`);
    for (const { client, name } of applications) {
      const owners = new Set(keys.flatMap((key) => client.explain(key).owners));
      for (const id of listed)
        if (!owners.has(id))
          this.#stage.violation ??= new Violation('out of rotation', `${id} owns nothing, by ${name}`);
    }
  }

  #pass(durationMs: number): Promise<void> {
    const { time } = this.#stage;
    return time.run(time.now + durationMs, () => this.#stage.violation !== undefined);
  }
}
