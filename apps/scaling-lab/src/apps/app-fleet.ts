import type { AppConfig, Framework, MissCount } from './app-messages.ts';
import { AppProcess } from './app-process.ts';
import type { ChildProcesses } from '../process/child-processes.ts';
import type { NodeSource } from './node-source.ts';
import type { Strategy } from './strategies.ts';
import { until, type Missing } from '../process/until.ts';

/** Milliseconds between two polls of the processes' status. */
const LOOK_EVERY_MS = 25;
/** How long a change may take to reach every process. Discovery polls the endpoint four times a second. */
const CONVERGE_TIMEOUT_MS = 60_000;
/** How long rereplication after the loss of a node may take: an agreement, and every key that the node held. */
const RESTORE_TIMEOUT_MS = 60_000;
/** How long finishing a handover may take: an agreement, and every key of every node. */
const FINISH_TIMEOUT_MS = 120_000;

export interface FleetOptions {
  readonly strategy: Strategy;
  /** Processes of each framework. */
  readonly apps: number;
  /** Port of the first process; the others use the ports after it. 0: any free ones. */
  readonly firstPort: number;
  readonly nodes: NodeSource;
  readonly config: Omit<AppConfig, 'framework' | 'store' | 'port' | 'nodes'>;
  readonly children: ChildProcesses;
}

/** The state of the cluster that every process must know before users are counted. */
export interface ClusterSight {
  /** Ids of the listed nodes. */
  readonly nodes: readonly string[];
  /** Ids of the nodes that are out of reach. */
  readonly down: readonly string[];
}

/** The app processes of one strategy: Fastify and Koa in turn, all over the same nodes. */
export class AppFleet {
  readonly strategy: Strategy;
  readonly #options: FleetOptions;
  #nodes: NodeSource;
  #processes: readonly AppProcess[] = [];

  /** Resolves when all processes listen. If one cannot, closes the others and rejects with its reason. */
  static async start(options: FleetOptions): Promise<AppFleet> {
    const fleet = new AppFleet(options);
    const frameworks = Array.from({ length: 2 * options.apps }, (_, place) => (place % 2 === 0 ? 'fastify' : 'koa'));
    const starts = await Promise.allSettled(
      frameworks.map((framework, place) => fleet.#start(framework, options.firstPort + place)),
    );
    fleet.#processes = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value);
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) {
      await fleet.close();
      throw failed.reason;
    }
    return fleet;
  }

  private constructor(options: FleetOptions) {
    this.strategy = options.strategy;
    this.#options = options;
    this.#nodes = options.nodes;
  }

  /** The running processes, Fastify and Koa in turn. */
  get processes(): readonly AppProcess[] {
    return this.#processes.filter((process) => process.alive);
  }

  /** Resolves when every process routes to exactly the listed nodes, and considers none down that is in reach. */
  async converged(sight: ClusterSight, signal: AbortSignal): Promise<void> {
    await until(() => this.#behind(sight), {
      what: `the ${this.strategy.name} processes to know the new node list`,
      everyMs: LOOK_EVERY_MS,
      timeoutMs: CONVERGE_TIMEOUT_MS,
      signal,
    });
  }

  /** Ends the apps; the processes stay. */
  async stop(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop()));
  }

  /** Starts new apps over `nodes`, in the running processes and in new ones that replace the dead ones. */
  async restart(nodes: NodeSource): Promise<void> {
    this.#nodes = nodes;
    await Promise.all(this.processes.map((process) => process.run(this.#configOf(process.framework, process.port))));
    await this.refill();
  }

  /**
   * Replaces each process with a new one, one after another, like a rolling deploy. The new processes use `nodes`, if
   * given.
   */
  async deploy(nodes: NodeSource = this.#nodes): Promise<void> {
    this.#nodes = nodes;
    for (const [place, former] of this.#processes.entries()) {
      const successor = await this.#start(former.framework, 0);
      this.#processes = this.#processes.with(place, successor);
      await former.retire();
    }
  }

  /** Drains a node through the client of one process. */
  async drain(node: string): Promise<void> {
    const [process] = this.processes;
    if (process === undefined) throw new Error('no app process is running');
    await process.drain(node);
  }

  /**
   * Resolves when one of the processes has restored the copies that were lost with `node`; at once if no client
   * restores copies.
   */
  async copiesRestored(node: string, signal: AbortSignal): Promise<void> {
    const look = async (): Promise<Missing> => {
      const statuses = await Promise.all(this.processes.map((process) => process.status()));
      const isDone = statuses.some(({ restored }) => restored === undefined || restored.includes(node));
      return isDone ? undefined : 'no process says so';
    };
    await until(look, {
      what: `the ${this.strategy.name} processes to restore the copies that ${node} took along`,
      everyMs: LOOK_EVERY_MS,
      timeoutMs: RESTORE_TIMEOUT_MS,
      signal,
    });
  }

  /** Resolves when no process has an open handover; at once if clients never finish handovers. */
  async handoversFinished(signal: AbortSignal): Promise<void> {
    const look = async (): Promise<Missing> => {
      const statuses = await Promise.all(this.processes.map((process) => process.status()));
      const open = Math.max(...statuses.map(({ handovers = 0 }) => handovers));
      return open === 0 ? undefined : `${open} open`;
    };
    await until(look, {
      what: `the ${this.strategy.name} processes to finish the handover`,
      everyMs: LOOK_EVERY_MS,
      timeoutMs: FINISH_TIMEOUT_MS,
      signal,
    });
  }

  /** The missed sessions of all apps, by node and cause. */
  async misses(): Promise<readonly MissCount[]> {
    const statuses = await Promise.all(this.processes.map((process) => process.status()));
    return statuses.flatMap(({ misses }) => misses);
  }

  /** Replaces each dead process with a new one, like a supervisor. */
  async refill(): Promise<void> {
    const refill = async (process: AppProcess): Promise<AppProcess> =>
      process.alive ? process : this.#start(process.framework, process.port);
    this.#processes = await Promise.all(this.#processes.map(refill));
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }

  #start(framework: Framework, port: number): Promise<AppProcess> {
    return AppProcess.start(this.#options.children, this.#configOf(framework, port));
  }

  #configOf(framework: Framework, port: number): AppConfig {
    const { config, strategy, firstPort } = this.#options;
    return { ...config, nodes: this.#nodes, framework, store: strategy.store, port: firstPort === 0 ? 0 : port };
  }

  async #behind({ nodes, down }: ClusterSight): Promise<Missing> {
    const listed = new Set(nodes);
    for (const process of this.processes) {
      const status = await process.status();
      const who = `the ${process.framework} process on port ${process.port}`;
      if (status.nodes.length !== listed.size || !status.nodes.every((id) => listed.has(id))) {
        return `${who} routes to ${status.nodes.join(', ')} instead of ${nodes.join(', ')}`;
      }
      const wronglyDown = status.down.filter((id) => !down.includes(id));
      if (wronglyDown.length > 0) return `${who} still holds ${wronglyDown.join(', ')} for down`;
    }
    return undefined;
  }
}
