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
 * Milliseconds between two looks of an app process at the endpoint: shorter than in production (a minute), so that the
 * lab need not wait.
 */
const POLL_INTERVAL_MS = 250;

/** More would only keep each other waiting, until one of them is given up. */
const FLEETS_AT_ONCE = 2;

/** `auto` takes the first that works, in the order container, memcached, embedded. */
type RuntimeChoice = 'auto' | 'container' | 'memcached' | 'embedded';

/** What an environment is made of. */
export interface EnvironmentOptions {
  readonly runtime: RuntimeChoice;
  readonly strategies: readonly StrategyName[];
  /** Processes of each framework, per strategy. */
  readonly apps: number;
  /** Nodes that hold each session, with the strategy `sess`. */
  readonly copies: number;
  readonly transport: TransportName;
  /**
   * Whether clusters and apps stay up, with the apps of the strategy that is shown on `port` and those that follow; all
   * others take free ports.
   */
  readonly serve: boolean;
  readonly port: number;
}

/** Who closes what is opened, and who says that it is over. */
export interface Ownership {
  readonly children: ChildProcesses;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

/**
 * Starts a cluster of `nodes` nodes for every strategy, the database where one has it, and the apps. Closed by
 * `cleanup`, also when this rejects half-way.
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
  // The apps over it meet a failure; the others need not wait for it to start. Where the nodes can't start nobody does:
  // `children` end it.
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

/** The first one finds out what works here; the others are like it. */
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
  // All have settled before anything is closed.
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
