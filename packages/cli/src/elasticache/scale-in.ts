/**
 * Removes nodes without losing a session. All its state is at AWS and on the nodes, so that the next run continues a
 * killed one.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Client, DrainProgress } from '@sess/client';

import { listsKeys } from '../cluster/lists-keys.ts';
import { observeToChange } from '../cluster/observe-to-change.ts';
import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { nodeReports } from '../cluster/node-report.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { untilUnused } from '../cluster/until-unused.ts';
import { count, duration, plural } from '../output/format.ts';
import { awsCode, isPassing, type CacheClusterApi, type CacheClusterInfo } from './cache-cluster-api.ts';
import { drainTogether } from './drain-together.ts';
import type { Journal } from './journal.ts';
import { obstaclesTo, wrongClock } from './look-for-obstacles.ts';
import { nodesToRemove, type Choice, type NamedCacheNode } from './nodes-to-remove.ts';
import { Obstructed, type Obstacle } from './obstacle.ts';
import { retryingApi } from './retries.ts';

export interface ScaleInOptions {
  readonly historyIntervalMs: number;
  readonly keysPerSecond?: number | undefined;
  /** For nodes that list no keys: waits until unused sessions have expired, as long as sessions live. */
  readonly untilExpired?: boolean | undefined;
  /** Longest wait for AWS, and for the nodes after their drain. */
  readonly timeoutMs: number;
  /** Interval between two queries to AWS. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Called right before the request to AWS: throws if the nodes are needed again. */
  readonly requireWanted?: (() => Promise<void>) | undefined;
}

/** The planned changes, and the obstacles. */
export interface ScaleInPlan {
  readonly cluster: CacheClusterInfo;
  readonly going: readonly NamedCacheNode[];
  /** Whether AWS is already removing all of `going`. */
  readonly isUnderWay: boolean;
  readonly copies: number;
  /** The settings, completed from the clients' history. */
  readonly settings: ClusterSettings;
  readonly obstacles: readonly Obstacle[];
}

/** AWS keeps events for this long. */
export const EVENTS_MINUTES: number = 14 * 24 * 60;
const SAFE_AGAIN_MS = 1_000;
/** A request to AWS may take a while to show in its answers. */
const IDLE_LOOKS = 3;

export async function planScaleIn(
  api: CacheClusterApi,
  settings: ClusterSettings,
  choice: Choice,
  { untilExpired = false }: Pick<ScaleInOptions, 'untilExpired'> = {},
): Promise<ScaleInPlan> {
  const observed = await observeToChange(settings);
  try {
    const cluster = await api.describe();
    const events = 'ids' in choice ? await api.events(EVENTS_MINUTES) : [];
    const going = nodesToRemove(cluster, choice, observed.client.topology.drains, events);
    const ids = going.map(({ id }) => id);
    const isUnderWay = going.length > 0 && going.every(({ cacheNodeId }) => cluster.removing.includes(cacheNodeId));
    const obstacles =
      going.length === 0 || isUnderWay
        ? []
        : [
            ...wrongClock(cluster),
            ...busy(cluster),
            ...obstaclesTo(observed, ids, await nodeReports(observed, settings)),
            ...(untilExpired ? [] : await listNoKeys(observed, going)),
          ];
    return { cluster, going, isUnderWay, copies: observed.copies, settings: observed.settings, obstacles };
  } finally {
    await observed.close();
  }
}

function busy({ clusterId, status }: CacheClusterInfo): readonly Obstacle[] {
  if (status === 'available') return [];
  return [
    { reason: 'cluster-busy', detail: `AWS says that ${clusterId} is "${status}". Try again when it is available.` },
  ];
}

/** Nodes that are drained already need not list their keys. */
export async function listNoKeys(
  { client, nodes }: ObservedCluster,
  going: readonly NamedCacheNode[],
): Promise<readonly Obstacle[]> {
  const left = going.filter(({ id }) => client.topology.drains.get(id) !== 'drained');
  const lists = await Promise.all(left.map(({ id }) => listsKeys(nodes.get(id))));
  const silent = left.filter((_, index) => lists[index] === false);
  if (silent.length === 0) return [];
  return [
    {
      reason: 'lists-no-keys',
      detail: `${names(silent)} ${silent.length === 1 ? 'does' : 'do'} not list keys, as nodes of ElastiCache from memcached 1.6.17, so the sessions there can't be copied. With --until-expired they take no new sessions, sessions move as they are used, and the rest expires: that takes as long as the longest session lives without use.`,
    },
  ];
}

/**
 * Executes a plan: drains the nodes concurrently, waits until no client uses them and nothing is lost without them, has
 * AWS remove them, and waits until they are gone.
 *
 * @throws {Obstructed} if an obstacle came up; nodes that are drained by then stay drained
 */
export async function scaleIn(
  api: CacheClusterApi,
  client: Client,
  { cluster, going, isUnderWay }: ScaleInPlan,
  journal: Journal,
  options: ScaleInOptions,
): Promise<void> {
  const { timeoutMs, signal, onProgress } = options;
  const retrying = retryingApi(api, { timeoutMs, signal, onRetry: onProgress });
  if (!isUnderWay) {
    await drainAll(client, going, journal, options);
    const isQuiet = await untilUnused(client, idsOf(going), options);
    requireUp(client, going);
    if (!isQuiet)
      journal.add(
        `Nobody finishes the handover of ${names(going)}: a request may fail in the moment in which AWS stops them`,
      );
    await untilSafe(client, going, options);
    journal.add(`Nothing is lost without ${names(going)}`);
    await removeAtAws(retrying, client, { cluster, going }, journal, options);
  }
  await untilGone(retrying, going, options);
  journal.add(`${names(going)} ${going.length === 1 ? 'is' : 'are'} gone`);
}

async function drainAll(
  client: Client,
  going: readonly NamedCacheNode[],
  journal: Journal,
  { keysPerSecond, untilExpired, signal, onProgress }: ScaleInOptions,
): Promise<void> {
  const nameOf = (node: string): string => going.find(({ id }) => id === node)?.cacheNodeId ?? node;
  const drained = going.filter(({ id }) => client.topology.drains.get(id) === 'drained');
  for (const { cacheNodeId } of drained) journal.add(`${cacheNodeId} was drained before`);
  const left = going.filter((node) => !drained.includes(node));
  if (left.length > 0) journal.add(`Drain ${names(left)}`);
  await drainTogether(client, idsOf(left), {
    keysPerSecond,
    untilExpired,
    signal,
    onProgress: (node, progress) => onProgress(`${nameOf(node)}: ${progressText(progress)}`),
    onDrained: (node, { keys, carried }) =>
      journal.add(`${nameOf(node)} is drained: ${plural(keys, 'key')} looked at, ${count(carried)} carried`),
  });
}

export function progressText({ phase, keys, carried, agreedInMs, expiredInMs }: DrainProgress): string {
  if (phase === 'agreeing') return `every client acts without it in ${Math.ceil(agreedInMs / 1_000)} s`;
  if (phase === 'expiring')
    return `all that is only there has expired at ${new Date(Date.now() + expiredInMs).toISOString()}, in ${duration(Math.ceil(expiredInMs / 1_000))}`;
  return `${count(keys)} keys, ${count(carried)} carried`;
}

/** Checks all nodes concurrently, so that the first answer still holds when the last has come. */
async function untilSafe(
  client: Client,
  going: readonly NamedCacheNode[],
  { timeoutMs, signal, onProgress }: ScaleInOptions,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answers = await Promise.all(going.map(({ id }) => client.safeToRemove(id, { signal })));
    const { drains } = client.topology;
    // A drained node that went down since is safe to remove: its sessions are on other nodes.
    const obstacle = answers.find(
      (answer, index) =>
        !answer.safe && !(answer.reason === 'out-of-reach' && drains.get(going[index]?.id ?? '') === 'drained'),
    );
    if (obstacle === undefined || obstacle.safe) return;
    const back = going.find(({ id }) => !drains.has(id));
    if (back !== undefined)
      throw new Obstructed('not-safe', `${back.cacheNodeId} was put back into rotation by somebody else. Start again.`);
    if (performance.now() > until) throw new Obstructed('not-safe', `${obstacle.detail} (${obstacle.reason})`);
    onProgress(`waiting: ${obstacle.detail}`);
    await pause(SAFE_AGAIN_MS, undefined, { signal });
  }
}

/** Retries while AWS is busy. A request without an answer may still be executed, so it checks first. */
async function removeAtAws(
  api: CacheClusterApi,
  client: Client,
  { cluster: planned, going }: Pick<ScaleInPlan, 'cluster' | 'going'>,
  journal: Journal,
  options: ScaleInOptions,
): Promise<void> {
  const { timeoutMs, intervalMs, signal, onProgress } = options;
  const ids = going.map(({ cacheNodeId }) => cacheNodeId);
  const until = performance.now() + timeoutMs;
  for (;;) {
    const now = await api.describe();
    if (ids.every((id) => now.removing.includes(id) || now.nodes.every(({ cacheNodeId }) => cacheNodeId !== id)))
      return;
    requireUnchanged(planned, now);
    requireUp(client, going);
    await options.requireWanted?.();
    try {
      await api.removeNodes(now.nodes.length - ids.length, ids);
      journal.add(`AWS takes ${names(going)} away`);
      return;
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
      onProgress(`AWS: ${awsCode(error) ?? String(error)}; again in a moment`);
      await pause(intervalMs, undefined, { signal });
      // AWS may be busy for long: an operator may have returned a node to rotation since.
      await untilSafe(client, going, options);
    }
  }
}

/** A drained node that answers may hold the only other copy of what an unreachable node holds. */
function requireUp({ topology: { nodes, states } }: Client, going: readonly NamedCacheNode[]): void {
  const down = nodes.map(({ id }) => id).filter((id) => states.get(id) === 'down' && !idsOf(going).includes(id));
  if (down.length === 0) return;
  throw new Obstructed(
    'node-down',
    `${down.join(', ')} went down meanwhile. Nothing was removed: start again when it is back or replaced, or put the drained nodes back.`,
  );
}

function requireUnchanged(planned: CacheClusterInfo, now: CacheClusterInfo): void {
  const before = planned.nodes.map(({ cacheNodeId }) => cacheNodeId);
  const after = now.nodes.map(({ cacheNodeId }) => cacheNodeId);
  if (before.length === after.length && before.every((id) => after.includes(id))) return;
  throw new Obstructed(
    'cluster-changed',
    `The cluster had ${before.join(', ')}, and now has ${after.join(', ')}: somebody else changed it. Nothing was removed. Start again, or put the drained nodes back.`,
  );
}

async function untilGone(
  api: CacheClusterApi,
  going: readonly NamedCacheNode[],
  { timeoutMs, intervalMs, signal, onProgress }: ScaleInOptions,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (let idleLooks = 0; ;) {
    const { nodes, status, removing } = await api.describe();
    const left = going.filter(({ cacheNodeId }) => nodes.some((node) => node.cacheNodeId === cacheNodeId));
    if (left.length === 0 && status === 'available') return;
    idleLooks =
      status === 'available' && left.every((node) => !removing.includes(node.cacheNodeId)) ? idleLooks + 1 : 0;
    // AWS gave up, or somebody cancelled the change. The first few answers may just not show the change yet.
    if (idleLooks > IDLE_LOOKS)
      throw new Obstructed(
        'cluster-changed',
        `AWS has not taken ${names(left)} away, and is doing nothing. Start again.`,
      );
    if (performance.now() > until)
      throw new Obstructed('cluster-busy', `AWS has not taken ${names(left)} away yet. Start again to go on waiting.`);
    onProgress(
      left.length === 0
        ? `waiting for AWS: ${status}`
        : `waiting until ${names(left)} ${left.length === 1 ? 'is' : 'are'} gone`,
    );
    await pause(intervalMs, undefined, { signal });
  }
}

function idsOf(nodes: readonly NamedCacheNode[]): readonly string[] {
  return nodes.map(({ id }) => id);
}

export function names(nodes: readonly { readonly cacheNodeId: string }[]): string {
  return nodes.map(({ cacheNodeId }) => cacheNodeId).join(', ');
}
