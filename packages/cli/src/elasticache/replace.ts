/**
 * Replaces nodes, one after another, without losing a session: AWS adds a node in the same zone, and removes the old
 * one after its drain. AWS has no request that replaces a chosen node. The current step is recorded in the cluster, so
 * that the next run continues a killed one.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Client } from '@sess/client';

import { observeToChange } from '../cluster/observe-to-change.ts';
import { nodeReports } from '../cluster/node-report.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { requireRoom, type CapacityReader } from './capacity.ts';
import { isPassing, type CacheClusterApi, type CacheClusterInfo, type CacheNodeInfo } from './cache-cluster-api.ts';
import type { Journal } from './journal.ts';
import { obstaclesTo, wrongClock } from './look-for-obstacles.ts';
import { Obstructed, type Obstacle, type ObstacleReason } from './obstacle.ts';
import { named, requireKnown } from './nodes-to-remove.ts';
import { retryingApi } from './retries.ts';
import { PlacedRecord } from './placed-record.ts';
import { recordStore } from './record-store.ts';
import { EVENTS_MINUTES, listNoKeys, planScaleIn, scaleIn, type ScaleInOptions, type ScaleInPlan } from './scale-in.ts';

export interface ReplacePlan {
  readonly cluster: CacheClusterInfo;
  /** Nodes that remain to be replaced, in this order. */
  readonly old: readonly CacheNodeInfo[];
  readonly copies: number;
  readonly settings: ClusterSettings;
  readonly obstacles: readonly Obstacle[];
}

/** The node being replaced, and all nodes before its replacement was added: an additional node is the replacement. */
interface ReplaceStep {
  readonly old: string;
  readonly before: readonly string[];
}

const LOOK_MS = 250;
const KEEP_MS = 5_000;
const PASSING: ReadonlySet<ObstacleReason> = new Set<ObstacleReason>(['handover-open', 'cluster-busy']);

/**
 * Plans the replacement of `ids`, or of all nodes if it is `undefined`.
 *
 * @throws {UsageError} for an id that the cluster never had
 */
export async function planReplace(
  api: CacheClusterApi,
  settings: ClusterSettings,
  ids: readonly string[] | undefined,
  { untilExpired = false }: Pick<ScaleInOptions, 'untilExpired'> = {},
): Promise<ReplacePlan> {
  const observed = await observeToChange(settings);
  try {
    const cluster = await api.describe();
    if (ids !== undefined) requireKnown(cluster, ids, await api.events(EVENTS_MINUTES));
    const old = cluster.nodes.filter(({ cacheNodeId }) => ids === undefined || ids.includes(cacheNodeId));
    const obstacles = [
      ...wrongClock(cluster),
      ...obstaclesTo(observed, [], await nodeReports(observed, settings)).filter(
        // An interrupted run may have left these obstacles; this run continues it.
        ({ reason }) => reason !== 'handover-open' && reason !== 'memory',
      ),
      ...(untilExpired ? [] : await listNoKeys(observed, named(old))),
    ];
    return { cluster, old, copies: observed.copies, settings: observed.settings, obstacles };
  } finally {
    await observed.close();
  }
}

export interface ReplaceOptions extends ScaleInOptions {
  readonly capacity: CapacityReader;
  /** Longest time to live of the record of the step; for tests. */
  readonly recordSeconds?: number | undefined;
}

/** @throws {Obstructed} if an obstacle came up; another run continues */
export async function replaceNodes(
  api: CacheClusterApi,
  client: Client,
  { old, settings }: ReplacePlan,
  journal: Journal,
  options: ReplaceOptions,
): Promise<void> {
  const { timeoutMs, signal, onProgress } = options;
  const retrying = retryingApi(api, { timeoutMs, signal, onRetry: onProgress });
  const record = new PlacedRecord(recordStore(client, options.recordSeconds), `sess-replace/${api.clusterId}`, stepIn);
  const steps = await record.read();
  // A replacement in progress comes first.
  const begun = old.filter(({ cacheNodeId }) => cacheNodeId === steps?.old);
  // A drain that waits for sessions to expire may outlast the record; the next run would add a second node.
  const keeping = setInterval(() => void record.keep().catch(() => undefined), KEEP_MS);
  try {
    for (const node of [...begun, ...old.filter((other) => !begun.includes(other))]) {
      await replaceNode(retrying, client, node, { settings, record, journal, options });
      await record.write(undefined);
    }
  } finally {
    clearInterval(keeping);
  }
}

interface Work {
  readonly settings: ClusterSettings;
  readonly record: PlacedRecord<ReplaceStep | undefined>;
  readonly journal: Journal;
  readonly options: ReplaceOptions;
}

async function replaceNode(
  api: CacheClusterApi,
  client: Client,
  { cacheNodeId: old, zone }: CacheNodeInfo,
  { settings, record, journal, options }: Work,
): Promise<void> {
  const until = performance.now() + options.timeoutMs;
  const stood = await record.read();
  const before =
    stood?.old === old
      ? stood.before
      : (await untilAvailable(api, until, options)).nodes.map((node) => node.cacheNodeId);
  await record.write({ old, before });
  const added = await addOne(api, { before, zone, until }, journal, options);
  await untilSettled(client, added, until, options);
  journal.add(`${added.cacheNodeId} has its sessions`);
  const plan = await planWhenClear(api, settings, old, until, options);
  await scaleIn(api, client, plan, journal, options);
  journal.add(`${old} was replaced by ${added.cacheNodeId}`);
}

async function addOne(
  api: CacheClusterApi,
  {
    before,
    zone,
    until,
  }: { readonly before: readonly string[]; readonly zone: string | undefined; readonly until: number },
  journal: Journal,
  { intervalMs, signal, onProgress, capacity }: ReplaceOptions,
): Promise<CacheNodeInfo> {
  let isAsked = false;
  for (;;) {
    const { nodes, status } = await api.describe();
    const [added] = nodes.filter(({ cacheNodeId }) => !before.includes(cacheNodeId));
    if (added?.id !== undefined && added.status === 'available') {
      journal.add(`AWS has added ${added.cacheNodeId}${zone === undefined ? '' : ` in ${added.zone}`}`);
      return added;
    }
    if (added === undefined && status === 'available' && !isAsked) {
      requireRoom(nodes.length, await capacity());
      try {
        await api.addNodes(nodes.length + 1, zone === undefined ? [] : [zone]);
        isAsked = true;
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    }
    if (performance.now() > until)
      throw new Obstructed('cluster-busy', `AWS has not added a node yet (${status}). Start again to go on waiting.`);
    onProgress(`waiting for a new node: ${added?.status ?? status}`);
    await pause(intervalMs, undefined, { signal });
  }
}

/** Waits until every client uses the new node, and every session is on its owners. */
async function untilSettled(
  client: Client,
  { id, cacheNodeId }: CacheNodeInfo,
  until: number,
  { signal, onProgress }: ScaleInOptions,
): Promise<void> {
  for (;;) {
    const { rotation } = client.topology;
    const { handovers } = client;
    if (id !== undefined && rotation.includes(id) && handovers.length === 0) return;
    if (performance.now() > until)
      throw new Obstructed(
        'handover-open',
        `Sessions are still on their way to ${cacheNodeId}. Start again to go on; \`sess finish\` says why a handover stays open.`,
      );
    onProgress(`waiting until sessions are on ${cacheNodeId}: ${phasesText(handovers)}`);
    await pause(LOOK_MS, undefined, { signal });
  }
}

/** A new client, such as that of a plan, learns a moment later that a handover is finished. */
async function planWhenClear(
  api: CacheClusterApi,
  settings: ClusterSettings,
  old: string,
  until: number,
  { intervalMs, untilExpired, signal, onProgress }: ScaleInOptions,
): Promise<ScaleInPlan> {
  for (;;) {
    const plan = await planScaleIn(api, settings, { ids: [old] }, { untilExpired });
    const [first, ...others] = plan.obstacles;
    if (first === undefined) return plan;
    const lasting = [first, ...others].find(({ reason }) => !PASSING.has(reason));
    if (lasting !== undefined || performance.now() > until) {
      const { reason, detail } = lasting ?? first;
      throw new Obstructed(reason, detail);
    }
    onProgress(`waiting: ${first.detail}`);
    await pause(intervalMs, undefined, { signal });
  }
}

function phasesText(handovers: Client['handovers']): string {
  return handovers.length === 0 ? 'clients do not know it yet' : handovers.map(({ phase }) => phase).join(', ');
}

async function untilAvailable(
  api: CacheClusterApi,
  until: number,
  { intervalMs, signal, onProgress }: ScaleInOptions,
): Promise<CacheClusterInfo> {
  for (;;) {
    const now = await api.describe();
    if (now.status === 'available') return now;
    if (performance.now() > until)
      throw new Obstructed('cluster-busy', `AWS says that ${now.clusterId} is "${now.status}". Try again later.`);
    onProgress(`waiting for AWS: ${now.status}`);
    await pause(intervalMs, undefined, { signal });
  }
}

function stepIn(value: unknown): ReplaceStep | undefined {
  const { old, before } = (value ?? {}) as Partial<ReplaceStep>;
  return typeof old === 'string' && Array.isArray(before) ? { old, before: before.map(String) } : undefined;
}
