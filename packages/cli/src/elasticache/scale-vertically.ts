/** Changes the node type, replacing as few nodes as possible at a time. */
import { setTimeout as pause } from 'node:timers/promises';

import { listsKeys } from '../cluster/lists-keys.ts';
import { observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import { nodeReports } from '../cluster/node-report.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { isPassing, type CacheClusterApi, type CacheClusterInfo } from './cache-cluster-api.ts';
import type { Journal } from './journal.ts';
import { obstaclesTo, wrongClock } from './look-for-obstacles.ts';
import { Obstructed, type Obstacle } from './obstacle.ts';
import { retryingApi } from './retries.ts';

export interface VerticalOptions {
  readonly nodeType: string;
  /** Minutes between two nodes, to restore copies. AWS accepts 2 to 30. */
  readonly intervalMinutes: number;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface VerticalPlan {
  readonly cluster: CacheClusterInfo;
  readonly copies: number;
  /** Percentage of the nodes replaced at a time: AWS's `ScaleConfig`. */
  readonly percentage: number;
  readonly isDone: boolean;
  /** The change is already in progress: an earlier run requested it. */
  readonly isUnderWay: boolean;
  readonly obstacles: readonly Obstacle[];
}

/** AWS replaces at least a tenth of the nodes at a time. */
const LEAST_PERCENT = 10;

export async function planScaleVertically(
  api: CacheClusterApi,
  settings: ClusterSettings,
  nodeType: string,
  { untilExpired = false }: { readonly untilExpired?: boolean | undefined } = {},
): Promise<VerticalPlan> {
  const observed = await observe(settings);
  try {
    const cluster = await api.describe();
    const { copies } = observed;
    const isDone = cluster.nodeType === nodeType && cluster.status === 'available';
    const isUnderWay = cluster.becoming === nodeType;
    const percentage = Math.max(LEAST_PERCENT, Math.floor(100 / Math.max(1, cluster.nodes.length)));
    const obstacles =
      isDone || isUnderWay
        ? []
        : [
            ...batches(cluster, copies, percentage),
            ...wrongClock(cluster),
            ...obstaclesTo(observed, [], await nodeReports(observed, settings)),
            ...(untilExpired ? [] : await restoresNothing(observed)),
          ];
    return { cluster, copies, percentage, isDone, isUnderWay, obstacles };
  } finally {
    await observed.close();
  }
}

/** AWS does not say which node it replaces next, so none can be drained before: only a second copy helps. */
function batches(
  { status, clusterId, nodes }: CacheClusterInfo,
  copies: number,
  percentage: number,
): readonly Obstacle[] {
  if (status !== 'available')
    return [
      { reason: 'cluster-busy', detail: `AWS says that ${clusterId} is "${status}". Try again when it is available.` },
    ];
  const atOnce = Math.ceil((nodes.length * percentage) / 100);
  if (copies > atOnce) return [];
  return [
    {
      reason: 'batches',
      detail: `AWS would replace ${atOnce === 1 ? 'one node' : `${atOnce} nodes`} at a time, in an order that it does not tell, and each session has ${copies === 1 ? 'one copy' : `${copies} copies`}: sessions would be lost. Keep ${atOnce + 1} copies while it lasts (a rolling deploy), or a database behind the nodes.`,
    },
  ];
}

/** If nodes list no keys, a copy is restored only when its session is used: the rest has one copy until it expires. */
async function restoresNothing({ nodes }: ObservedCluster): Promise<readonly Obstacle[]> {
  const answers = await Promise.all([...nodes.values()].map(listsKeys));
  if (answers.every(Boolean)) return [];
  return [
    {
      reason: 'lists-no-keys',
      detail:
        'The nodes do not list keys, as those of ElastiCache from memcached 1.6.17, so copies are restored only as sessions are used. Where no session lives longer without use than --pause says (30 minutes at most), give --until-expired. Otherwise keep a database behind the nodes while it lasts.',
    },
  ];
}

/** @throws {Obstructed} if AWS took too long, or gave up */
export async function scaleVertically(
  api: CacheClusterApi,
  { cluster, percentage, isUnderWay }: VerticalPlan,
  journal: Journal,
  { nodeType, intervalMinutes, timeoutMs, intervalMs, signal, onProgress }: VerticalOptions,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  const retrying = retryingApi(api, { timeoutMs, signal, onRetry: onProgress });
  if (!isUnderWay) {
    await asked(() => api.changeNodeType({ nodeType, percentage, intervalMinutes }), until, intervalMs, signal);
    journal.add(`AWS replaces ${percentage} % of the nodes at a time, every ${intervalMinutes} minutes`);
  }
  for (;;) {
    const now = await retrying.describe();
    if (now.nodeType === nodeType && now.status === 'available')
      return journal.add(`${cluster.clusterId} is ${nodeType}`);
    if (performance.now() > until)
      throw new Obstructed('cluster-busy', `AWS is not done yet: ${now.status}. Start again to go on waiting.`);
    onProgress(
      `AWS: ${
        now.nodes
          .filter(({ status }) => status !== 'available')
          .map(({ cacheNodeId, status }) => `${cacheNodeId} ${status}`)
          .join(', ') || now.status
      }`,
    );
    await pause(intervalMs, undefined, { signal });
  }
}

/** Retries while AWS is busy. */
async function asked(ask: () => Promise<void>, until: number, intervalMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
      await pause(intervalMs, undefined, { signal });
    }
  }
}
