import { randomBytes } from 'node:crypto';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { AppFleet } from '../apps/app-fleet.ts';
import type { ChildProcesses } from '../process/child-processes.ts';
import type { Cleanup } from '../process/cleanup.ts';
import { DatabaseProcess } from '../apps/database-process.ts';
import { forEachConcurrently } from '../process/for-each-concurrently.ts';
import { NodeMeter } from './node-meter.ts';
import type { Progress } from '../process/progress.ts';
import { sourceOf, type Environment, type StrategyRun } from './environment.ts';
import type { TransportName } from '../apps/app-messages.ts';
import { copiesOf, shownOf, STRATEGIES, type Strategy, type StrategyName } from '../apps/strategies.ts';

/**
 * Milliseconds between two polls of the endpoint by an app process: shorter than in production (a minute), so that the
 * lab need not wait.
 */
const POLL_INTERVAL_MS = 250;

/** Fleets that start concurrently. More would slow each other down until one times out. */
const FLEETS_AT_ONCE = 2;

/** `auto`: the first that works, in the order container, memcached, embedded. */
type RuntimeChoice = 'auto' | 'container' | 'memcached' | 'embedded';

/** Options of an environment. */
export interface EnvironmentOptions {
  readonly runtime: RuntimeChoice;
  readonly strategies: readonly StrategyName[];
  /** Processes of each framework, per strategy. */
  readonly apps: number;
  /** Nodes that hold each session, with the strategy `sess`. */
  readonly copies: number;
  readonly transport: TransportName;
  /**
   * Whether clusters and apps stay up. Then the apps of the shown strategy use `port` and the ports after it; all
   * others use free ports.
   */
  readonly serve: boolean;
  readonly port: number;
}

/** Closes everything that was opened, and signals the end. */
export interface Ownership {
  readonly children: ChildProcesses;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

/**
 * Starts a cluster of `nodes` nodes for every strategy, the database if a strategy needs it, and the apps. `cleanup`
 * closes everything, also if this rejects half-way.
 */
export async function openEnvironment(
  options: EnvironmentOptions,
  nodes: number,
  ownership: Ownership,
  progress: Progress,
): Promise<Environment> {
  const strategies = options.strategies.map((name) => STRATEGIES[name]);
  const needsDatabase = strategies.some(({ database }) => database);
  progress.step(`starting ${strategies.length * nodes} memcached nodes${needsDatabase ? ' and a database' : ''}`);
  const database = needsDatabase ? openDatabase(ownership, progress) : undefined;
  // A failed start rejects where the database is awaited. If the nodes can't start, nothing awaits it, and `children`
  // ends it.
  database?.catch(() => undefined);
  const clusters = await openClusters(options.runtime, strategies.length, nodes, ownership);
  progress.step(`starting ${2 * options.apps * strategies.length} app processes`);
  const secret = randomBytes(32).toString('base64url');
  const strategyRuns: StrategyRun[] = [];
  const shown = options.serve ? shownOf(strategies.map((strategy) => ({ strategy }))).strategy : undefined;
  await forEachConcurrently(
    strategies.entries(),
    FLEETS_AT_ONCE,
    async ([place, strategy]) => {
      const cluster = clusters[place];
      if (cluster === undefined) throw new Error('there is a cluster for every strategy');
      const url = strategy.database ? (await database)?.url : undefined;
      const firstPort = strategy === shown ? options.port : 0;
      strategyRuns[place] = await openStrategyRun(strategy, cluster, url, secret, { ...options, firstPort }, ownership);
    },
    ownership.signal,
  );
  return { strategyRuns, secret, signal: ownership.signal };
}

/** Opens the first cluster to find out which runtime works; the others use the same one. */
async function openClusters(
  runtime: RuntimeChoice,
  count: number,
  nodes: number,
  ownership: Ownership,
): Promise<readonly LocalCluster[]> {
  const open = async (kind: RuntimeChoice): Promise<LocalCluster> => {
    ownership.signal.throwIfAborted();
    const cluster = await startLocalCluster({ nodes, runtime: kind });
    ownership.cleanup.add(() => cluster.close());
    return cluster;
  };
  const first = await open(runtime);
  const others = Array.from({ length: count - 1 }, () => open(first.runtime));
  // All starts must settle before anything is closed.
  await Promise.allSettled(others);
  ownership.signal.throwIfAborted();
  return [first, ...(await Promise.all(others))];
}

async function openDatabase({ children, cleanup, signal }: Ownership, progress: Progress): Promise<DatabaseProcess> {
  const database = await DatabaseProcess.start(children, (how) => {
    if (!signal.aborted) progress.note(`the database ended (${how}): what a node loses from now on is lost`);
  });
  cleanup.add(() => database.close());
  return database;
}

async function openStrategyRun(
  strategy: Strategy,
  cluster: LocalCluster,
  database: string | undefined,
  secret: string,
  options: EnvironmentOptions & { readonly firstPort: number },
  ownership: Ownership,
): Promise<StrategyRun> {
  const { apps, firstPort, transport, copies } = options;
  const fleet = await AppFleet.start({
    strategy,
    apps,
    firstPort,
    nodes: sourceOf({ strategy, cluster }, 'followed'),
    config: { secret, transport, copies: copiesOf(strategy, copies), database, pollIntervalMs: POLL_INTERVAL_MS },
    children: ownership.children,
  });
  const meter = new NodeMeter(cluster);
  ownership.cleanup.add(() => fleet.close());
  ownership.cleanup.add(async () => meter.stop());
  return { strategy, cluster, fleet, meter, database };
}
