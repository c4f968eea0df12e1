/**
 * A daemon that takes over scale-in from AWS: AWS adds nodes, and the guard takes them away without losing a session. Of
 * several guards one is active. All that it has begun stands in the cluster, so that another one can go on with it.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { SessClientError, type Client } from '@sess/client';

import type { ClusterSettings } from '../../cluster/settings.ts';
import type { CacheClusterApi, CacheClusterInfo } from '../cache-cluster-api.ts';
import { drainTogether } from '../drain-together.ts';
import type { Journal } from '../journal.ts';
import { Obstructed, type Obstacle } from '../obstacle.ts';
import { names, planScaleIn, scaleIn } from '../scale-in.ts';
import { allowedBySchedule, type DailyStep } from './daily-schedule.ts';
import { initialState, type GuardState } from './guard-state.ts';
import { GuardLease } from './lease.ts';
import { announcedReplacements } from './replacements.ts';
import type { ScalingSource } from './scaling-policy.ts';
import { MINUTES_IN, wantedNodes } from './wanted-nodes.ts';
import { WorkRecord, type GuardWork, type Replacement } from './work-record.ts';

export interface GuardOptions {
  /** A name that no other guard has. */
  readonly name: string;
  readonly intervalMs: number;
  /** How long AWS is waited for. */
  readonly timeoutMs: number;
  readonly keysPerSecond?: number | undefined;
  readonly schedule: readonly DailyStep[];
  /** So many nodes, the last of the list, are kept empty. */
  readonly preDrain: number;
  /** After a scale-in, the next one waits as long as the policy says, times this. 1 but for tests. */
  readonly cooldownScale: number;
  readonly signal: AbortSignal;
}

const RENEW_LEASE_MS = 10_000;
/** Announcements of replacements are looked for so far back. */
const EVENTS_MINUTES = 14 * 24 * 60;

export class Guard {
  readonly #api: CacheClusterApi;
  readonly #client: Client;
  readonly #settings: ClusterSettings;
  readonly #scaling: ScalingSource | undefined;
  readonly #journal: Journal;
  readonly #options: GuardOptions;
  readonly #lease: GuardLease;
  readonly #record: WorkRecord;
  #state: GuardState;
  /** Ends the pause between two rounds. */
  #wake = new AbortController();

  /** `scaling`: without it, the schedule alone decides. */
  constructor(
    api: CacheClusterApi,
    client: Client,
    settings: ClusterSettings,
    scaling: ScalingSource | undefined,
    journal: Journal,
    options: GuardOptions,
  ) {
    this.#api = api;
    this.#client = client;
    this.#settings = settings;
    this.#scaling = scaling;
    this.#journal = journal;
    this.#options = options;
    this.#lease = new GuardLease(client, api.clusterId, options.name);
    this.#record = new WorkRecord(client, api.clusterId);
    this.#state = initialState(api.clusterId);
  }

  get state(): GuardState {
    return this.#state;
  }

  /** Looks at once, rather than after the interval: something was announced. */
  lookNow(): void {
    this.#wake.abort();
  }

  /** Until the signal fires. What is under way then is stopped, and taken up by the next guard. */
  async run(): Promise<void> {
    const { signal, intervalMs } = this.#options;
    while (!signal.aborted) {
      // Before the round: what is announced while it runs is looked at right after it.
      this.#wake = new AbortController();
      await this.#safeRound();
      await pause(intervalMs, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(
        () => undefined,
      );
    }
    await this.#lease.release();
  }

  async #safeRound(): Promise<void> {
    const lost = new AbortController();
    const renewal = setInterval(() => {
      void this.#lease.keep().then((isHeld) => isHeld || lost.abort());
    }, RENEW_LEASE_MS);
    try {
      await this.#round(AbortSignal.any([this.#options.signal, lost.signal]));
      this.#tell({ error: undefined });
    } catch (error) {
      if (this.#options.signal.aborted) return;
      const { totals } = this.#state;
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof Obstructed) this.#tell({ obstacles: [error.obstacle] });
      this.#tell({ error: message, totals: { ...totals, failedRounds: totals.failedRounds + 1 } });
      this.#journal.add(`Failed, and tries again: ${message}`);
    } finally {
      clearInterval(renewal);
      this.#tell({
        lastRoundAt: Date.now(),
        doing: this.#state.role === 'active' ? 'watching' : 'waiting for the lease',
      });
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const isActive = await this.#lease.keep();
    if (isActive !== (this.#state.role === 'active'))
      this.#journal.add(isActive ? 'This guard is active' : 'Another guard is active');
    this.#tell({ role: isActive ? 'active' : 'standby' });
    if (!isActive) return;
    await this.#record.keep();
    const cluster = await this.#api.describe();
    this.#tell({ nodes: cluster.nodes.length });
    await this.#drainBeforeReplacement(cluster, signal);
    const obstacles = await this.#keepLastEmpty(cluster, signal);
    await this.#scaleIn(cluster, obstacles, signal);
  }

  /** Drains what AWS will replace, and takes back what it has replaced. */
  async #drainBeforeReplacement({ nodes }: CacheClusterInfo, signal: AbortSignal): Promise<void> {
    const work = await this.#record.read();
    const ids = nodes.map(({ cacheNodeId }) => cacheNodeId);
    const announced = announcedReplacements(await this.#api.events(EVENTS_MINUTES), ids);
    const replacing: Record<string, Replacement> = Object.fromEntries(
      Object.entries(work.replacing).filter(([id]) => ids.includes(id)),
    );
    for (const [id, replacement] of Object.entries(replacing)) {
      const isOver = !announced.has(id) || this.#addressOf(nodes, id) !== replacement.address;
      if (replacement.isDone || !isOver) continue;
      await this.#putBack(nodes, [id], 'was replaced');
      replacing[id] = { ...replacement, isDone: true };
    }
    const fresh = [...announced].filter(([id, at]) => replacing[id]?.announcedAt !== at).map(([id]) => id);
    for (const id of fresh)
      replacing[id] = { announcedAt: announced.get(id) ?? 0, address: this.#addressOf(nodes, id), isDone: false };
    const open = Object.entries(replacing).flatMap(([id, { isDone }]) => (isDone ? [] : [id]));
    await this.#write({ ...work, replacing });
    this.#tell({ replacing: open });
    const drained = await this.#drain(nodes, open, 'AWS will replace', signal);
    const { totals } = this.#state;
    this.#tell({ totals: { ...totals, drainedReplacements: totals.drainedReplacements + drained } });
  }

  /**
   * The nodes that AWS would take first hold nothing that is not elsewhere. Resolves with why they can't be emptied: the
   * others must have room for what they hold, or sessions would be evicted instead.
   */
  async #keepLastEmpty({ nodes }: CacheClusterInfo, signal: AbortSignal): Promise<readonly Obstacle[]> {
    const work = await this.#record.read();
    const most = Math.min(this.#options.preDrain, nodes.length - 1);
    const last =
      most <= 0 ? [] : nodes.slice(-most).flatMap(({ cacheNodeId, id }) => (id === undefined ? [] : [cacheNodeId]));
    const back = work.preDrained.filter((id) => !last.includes(id) && !isBusy(work, id));
    await this.#putBack(nodes, back, 'is none of the last ones any more');
    if (work.preDrained.join() !== last.join()) await this.#write({ ...work, preDrained: last });
    this.#tell({ preDrained: last });
    const { drains } = this.#client.topology;
    if (named(nodes, last).every(({ id }) => drains.get(id) === 'drained')) return [];
    const plan = await planScaleIn(this.#api, this.#settings, { ids: last });
    const obstacles = plan.obstacles.filter(({ reason }) => reason === 'memory' || reason === 'too-few-nodes');
    if (obstacles.length === 0) await this.#drain(nodes, last, 'Kept empty:', signal);
    return obstacles;
  }

  /** `obstacles`: what is in the way of something else. */
  async #scaleIn(cluster: CacheClusterInfo, obstacles: readonly Obstacle[], signal: AbortSignal): Promise<void> {
    const work = await this.#record.read();
    const wanted = await this.#wanted(cluster.nodes.length);
    this.#tell({ wanted, obstacles, removing: work.removing });
    if (wanted >= cluster.nodes.length && cluster.removing.length === 0) return this.#giveUpRemoval(cluster, work);
    const plan = await planScaleIn(this.#api, this.#settings, { nodes: wanted });
    this.#tell({ obstacles: plan.obstacles });
    if (plan.obstacles.length > 0 || plan.going.length === 0) return;
    const removing = plan.going.map(({ cacheNodeId }) => cacheNodeId);
    await this.#write({ ...work, removing });
    this.#tell({ removing, doing: `taking ${removing.join(', ')} away` });
    await scaleIn(this.#api, this.#client, plan, this.#journal, {
      historyIntervalMs: this.#settings.historyIntervalMs,
      keysPerSecond: this.#options.keysPerSecond,
      timeoutMs: this.#options.timeoutMs,
      intervalMs: Math.min(this.#options.intervalMs, 5_000),
      signal,
      onProgress: (doing) => this.#tell({ doing }),
    });
    await this.#write({ ...(await this.#record.read()), removing: [] });
    const { totals } = this.#state;
    this.#tell({
      removing: [],
      lastScaleInAt: Date.now(),
      totals: { ...totals, removedNodes: totals.removedNodes + removing.length },
    });
  }

  /** What a guard drained to be removed is needed again: the load is back. */
  async #giveUpRemoval({ nodes }: CacheClusterInfo, work: GuardWork): Promise<void> {
    if (work.removing.length === 0) return;
    await this.#putBack(nodes, work.removing, 'is wanted again');
    await this.#write({ ...work, removing: [] });
    this.#tell({ removing: [] });
  }

  /** By the metric of AWS's policy, and by the schedule. */
  async #wanted(nodes: number): Promise<number> {
    const allowed = Math.min(nodes, allowedBySchedule(this.#options.schedule, new Date()) ?? nodes);
    const policy = await this.#scaling?.policy();
    if (policy === undefined || this.#scaling === undefined) return allowed;
    this.#tell({
      warnings: policy.isScaleInDisabled
        ? []
        : [`The policy ${policy.name} of AWS scales in by itself, and loses sessions: set DisableScaleIn in it.`],
    });
    const { lastScaleInAt = -Infinity } = this.#state;
    if (Date.now() - lastScaleInAt < 1_000 * policy.cooldownSeconds * this.#options.cooldownScale) return nodes;
    return Math.min(allowed, wantedNodes(policy, await this.#scaling.averages(policy, MINUTES_IN + 5), nodes));
  }

  /** Those of them that are in rotation and answer; resolves with how many were drained. */
  async #drain(
    nodes: CacheClusterInfo['nodes'],
    cacheNodeIds: readonly string[],
    why: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { drains, states, nodes: listed } = this.#client.topology;
    // Nothing can be had of one that is down: it is drained when it answers again, and holds up nothing else.
    const left = named(nodes, cacheNodeIds).filter(
      ({ id }) => drains.get(id) !== 'drained' && states.get(id) !== 'down' && listed.some((node) => node.id === id),
    );
    if (left.length === 0) return 0;
    this.#journal.add(`${why} ${names(left)}: drain`);
    await drainTogether(
      this.#client,
      left.map(({ id }) => id),
      {
        signal,
        keysPerSecond: this.#options.keysPerSecond,
        onProgress: (node, { phase }) => this.#tell({ doing: `draining ${node}: ${phase}` }),
        onDrained: (node, { keys, carried }) =>
          this.#journal.add(`${node} is drained: ${keys} keys looked at, ${carried} carried`),
      },
    );
    return left.length;
  }

  async #putBack(nodes: CacheClusterInfo['nodes'], cacheNodeIds: readonly string[], why: string): Promise<void> {
    for (const { cacheNodeId, id } of named(nodes, cacheNodeIds)) {
      try {
        await this.#client.putBack(id);
        this.#journal.add(`${cacheNodeId} ${why}: back in rotation`);
      } catch (error) {
        // It is in rotation, or off the list: there is nothing to take back.
        if (!SessClientError.is(error) || error.code !== 'SESS_BAD_VALUE') throw error;
      }
    }
  }

  async #write(work: GuardWork): Promise<void> {
    if (!this.#lease.isHeld) throw new Error('The lease was lost; another guard goes on.');
    await this.#record.write(work);
  }

  #addressOf(nodes: CacheClusterInfo['nodes'], cacheNodeId: string): string | undefined {
    const id = nodes.find((node) => node.cacheNodeId === cacheNodeId)?.id;
    return this.#client.topology.nodes.find((node) => node.id === id)?.address;
  }

  #tell(change: Partial<GuardState>): void {
    this.#state = { ...this.#state, ...change, lastActiveAt: Date.now() };
  }
}

function isBusy({ removing, replacing }: GuardWork, id: string): boolean {
  return removing.includes(id) || replacing[id]?.isDone === false;
}

function named(
  nodes: CacheClusterInfo['nodes'],
  cacheNodeIds: readonly string[],
): readonly { readonly cacheNodeId: string; readonly id: string }[] {
  return nodes.flatMap(({ cacheNodeId, id }) =>
    id !== undefined && cacheNodeIds.includes(cacheNodeId) ? [{ cacheNodeId, id }] : [],
  );
}
