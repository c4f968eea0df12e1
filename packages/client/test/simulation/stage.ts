/**
 * The shared state of a simulated history: nodes, processes, discovery's list, and the ledger of acknowledged changes.
 */
import type { ClusterNode } from '@sess/discovery';

import type { Transport } from '../../src/transport/transport.ts';
import { Application, type Placement } from './application.ts';
import { Ledger, type Violation } from './ledger.ts';
import { replacementFault } from './node-invariants.ts';
import type { Random } from './random.ts';
import { finishes, type Scenario } from './scenario.ts';
import type { Unpromised } from './unpromised.ts';
import { CLOCK_SKEW_MS, TIMEOUT_MS } from './timing.ts';
import { CALM, VirtualNetwork, type NetworkConditions } from './virtual-network.ts';
import { VirtualNode } from './virtual-node.ts';
import { ProcessClock, VirtualTime } from './virtual-time.ts';

export interface StageOptions {
  readonly scenario: Scenario;
  readonly random: Random;
  /** Replaces a process's transport, to break it on purpose. */
  readonly mutate: (transport: Transport, application: () => Application) => Transport;
  /** Whether to keep the log, which is only read after a failure. */
  readonly keepLog: boolean;
}

export class Stage {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly time = new VirtualTime();
  readonly network: VirtualNetwork;
  readonly ledger = new Ledger();
  readonly applications: Application[] = [];
  readonly log: string[] = [];
  violation: Violation | undefined;
  /** Settings of the next process. */
  copies: number;
  /** The fewest copies of any process so far, which decide what is promised. */
  leastCopies: number;
  placement: Placement = 'ketama';
  zones: number;
  /** Number of uses of each excuse. */
  readonly excuses: Partial<Record<Unpromised, number>> = {};
  /** Called for every process that starts. */
  onStart: (application: Application) => void = () => undefined;
  /** Called after every end of a process. */
  onEnd: () => void = () => undefined;
  readonly #options: StageOptions;
  #listed: readonly string[] = [];
  #nextNode = 1;
  #nextMachine = 1;
  #nextApplication = 1;
  /** Number of processes that {@link stopAll} ended. */
  #stopped = 0;

  constructor(options: StageOptions) {
    this.#options = options;
    this.scenario = options.scenario;
    this.copies = options.scenario.copies;
    this.leastCopies = this.copies;
    this.zones = options.scenario.zones;
    this.random = options.random;
    this.network = new VirtualNetwork(this.time, options.random.fork(), this.usualWeather);
  }

  /**
   * Network conditions without faults. If handovers finish early, some messages are much slower than others, but within
   * the timeout, so that steps of different processes interleave.
   */
  get usualWeather(): NetworkConditions {
    const usual = { ...CALM, usualDelayMs: 5 };
    return finishes(this.scenario.profile) ? { ...usual, slowDelayMs: 0.4 * TIMEOUT_MS, slowChance: 0.15 } : usual;
  }

  /** Ids of the nodes that discovery lists. */
  get listed(): readonly string[] {
    return this.#listed;
  }

  list(ids: readonly string[]): void {
    this.#listed = ids;
  }

  /** Discovery's current list. */
  get topology(): readonly ClusterNode[] {
    return this.#listed.map((id) => {
      const address = this.network.nodes.get(id)?.address;
      return {
        id,
        host: id.slice(0, id.indexOf(':')),
        port: 11_211,
        ...(address === undefined ? undefined : { address }),
      };
    });
  }

  /** Starts a node with a new name. */
  startNode(): string {
    const id = `node-${this.#nextNode++}:11211`;
    this.startMachine(id);
    return id;
  }

  /** Starts a new machine, under a new name or an old one. */
  startMachine(id: string): VirtualNode {
    const node = new VirtualNode(id, this.#nextMachine++, this.time);
    node.onReplace = (key, before, after) => {
      this.violation ??= replacementFault(id, key, before, after);
    };
    this.network.nodes.set(id, node);
    return node;
  }

  startApplication(): Application {
    const name = `process-${this.#nextApplication++}`;
    const random = this.random.fork();
    const clock = new ProcessClock(this.time, Math.floor((random.next() - 0.5) * CLOCK_SKEW_MS));
    const transport = this.#options.mutate(this.network.transportOf(name, clock), () => application);
    const application: Application = new Application({
      name,
      time: this.time,
      clock,
      random,
      copies: this.copies,
      windowSeconds: this.scenario.windowSeconds,
      finish: finishes(this.scenario.profile),
      keysPerSecond: this.scenario.keysPerSecond,
      placement: this.placement,
      zones: this.zones,
      transport,
      listed: this.topology,
    });
    this.applications.push(application);
    this.onStart(application);
    return application;
  }

  /** Ends all processes. */
  stopAll(): void {
    for (const application of this.applications) application.kill();
    this.#stopped = this.applications.length;
    this.applications.length = 0;
    this.onEnd();
  }

  /** Starts as many processes as {@link stopAll} ended. */
  startAll(): void {
    for (; this.#stopped > 0; this.#stopped -= 1) this.startApplication();
  }

  restart(application: Application): Application {
    application.kill();
    this.applications.splice(this.applications.indexOf(application), 1);
    this.onEnd();
    return this.startApplication();
  }

  /** Sends the list to every process, each with its own delay. Returns the longest delay in milliseconds. */
  announce(): number {
    const { topology } = this;
    let last = 0;
    for (const application of this.applications) {
      const after = this.random.next() * this.random.pick([50, 500, 4_000]);
      last = Math.max(last, after);
      this.time.at(after, () => application.tell(topology));
    }
    return last;
  }

  excuse(name: Unpromised): void {
    this.excuses[name] = (this.excuses[name] ?? 0) + 1;
  }

  note(text: () => string): void {
    if (this.#options.keepLog) this.log.push(`${(this.time.now / 1000).toFixed(3)} ${text()}`);
  }
}
