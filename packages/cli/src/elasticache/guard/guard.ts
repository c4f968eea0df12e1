/**
 * A daemon that takes over scale-in from AWS: AWS adds nodes, and the guard removes them without losing a session. Only
 * one of several guards is active. Everything it has begun is recorded in the cluster, so that another guard can
 * continue.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Client } from '@sess/client';

import type { ClusterSettings } from '../../cluster/settings.ts';
import type { CacheClusterApi, CacheClusterInfo } from '../cache-cluster-api.ts';
import type { Journal } from '../journal.ts';
import { explained } from '../aws-advice.ts';
import { wrongClock } from '../look-for-obstacles.ts';
import { Obstructed, type Obstacle } from '../obstacle.ts';
import { recordStore, type RecordStore } from '../record-store.ts';
import { withRetries } from '../retries.ts';
import { planScaleIn, scaleIn } from '../scale-in.ts';
import { drainBeforeReplacement } from './before-replacement.ts';
import { allowedBySchedule } from './daily-schedule.ts';
import type { GuardOptions } from './guard-options.ts';
import type { GuardState } from './guard-state.ts';
import { GuardTools, named } from './guard-tools.ts';
import { activeGuard, publishReport } from './guard-report.ts';
import { keepLastEmpty } from './keep-last-empty.ts';
import { GuardLease } from './lease.ts';
import type { ScalingSource } from './scaling-policy.ts';
import { desiredNodes } from './wanted-nodes.ts';
import type { GuardWork } from './guard-work.ts';

/** Interval of reports; it also reports when a round begins or ends. */
const REPORT_MS = 10_000;

export class Guard {
  readonly #scaling: ScalingSource | undefined;
  readonly #options: GuardOptions;
  readonly #lease: GuardLease;
  readonly #store: RecordStore;
  readonly #tools: GuardTools;
  /** Aborts the pause between two rounds. */
  #wake = new AbortController();

  /** Without `scaling`, the schedule alone decides. */
  constructor(
    api: CacheClusterApi,
    client: Client,
    settings: ClusterSettings,
    scaling: ScalingSource | undefined,
    journal: Journal,
    options: GuardOptions,
  ) {
    const { name, leaseMs, recordSeconds } = options;
    this.#store = recordStore(client, recordSeconds);
    this.#scaling = scaling;
    this.#options = options;
    this.#lease = new GuardLease(this.#store, api.clusterId, { name, leaseMs, onHeld: () => this.lookNow() });
    this.#tools = new GuardTools(api, client, settings, journal, this.#lease, options);
  }

  get state(): GuardState {
    return this.#tools.state;
  }

  /** Starts the next round at once, because AWS announced something. */
  lookNow(): void {
    this.#wake.abort();
  }

  /** Runs until the signal fires. Then stops what is in progress; the next guard continues it. */
  async run(): Promise<void> {
    const { signal, intervalMs } = this.#options;
    const lease = this.#lease.run(signal);
    const reports = setInterval(() => this.#publishReport(), REPORT_MS);
    while (!signal.aborted) {
      // Created before the round, so that an announcement during it starts the next round at once.
      this.#wake = new AbortController();
      await this.#safeRound();
      this.#publishReport();
      await pause(intervalMs, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(
        () => undefined,
      );
    }
    clearInterval(reports);
    await lease;
    this.#tools.tell({ role: 'stopped', doing: 'stopped' });
    if (this.#lease.isHeld) await publishReport(this.#store, this.state);
    await this.#lease.release();
  }

  #publishReport(): void {
    if (!this.#lease.isHeld) return;
    void publishReport(this.#store, this.state);
    // A round may take hours.
    this.#tools.record.keep().catch(() => undefined);
  }

  async #safeRound(): Promise<void> {
    const tools = this.#tools;
    const ending = AbortSignal.any([this.#options.signal, this.#lease.signal]);
    try {
      await this.#round(ending);
      tools.tell({ error: undefined });
    } catch (error) {
      if (this.#options.signal.aborted) return;
      const isLost = ending.aborted && tools.state.role === 'active';
      const message = isLost
        ? 'The lease was lost: another guard goes on, or this one when it has it again.'
        : explained(error);
      if (error instanceof Obstructed) tools.tell({ obstacles: [error.obstacle] });
      const { totals } = tools.state;
      tools.tell({
        error: message,
        errorAt: Date.now(),
        totals: { ...totals, failedRounds: totals.failedRounds + 1 },
      });
      tools.journal.add(`Failed, and tries again: ${message}`);
    } finally {
      const isActive = tools.state.role === 'active';
      tools.tell({ lastRoundAt: Date.now(), doing: isActive ? 'watching' : 'waiting for the lease' });
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const tools = this.#tools;
    if (!this.#takeRole()) return this.#standBy();
    const cluster = await tools.api.describe();
    tools.tell({ nodes: cluster.nodes.length });
    const wrong = wrongClock(cluster);
    if (wrong.length > 0) return tools.tell({ obstacles: wrong });
    await drainBeforeReplacement(tools, cluster, signal);
    const obstacles = await keepLastEmpty(tools, cluster, signal);
    await this.#scaleIn(cluster, obstacles, signal);
  }

  #takeRole(): boolean {
    const { state, journal } = this.#tools;
    const role = this.#lease.isHeld ? 'active' : 'standby';
    if (role !== state.role) {
      if (role === 'active' || state.role === 'active')
        journal.add(role === 'active' ? 'This guard is active' : 'This guard is not active any more');
      this.#tools.tell({ role, activeSince: role === 'active' ? Date.now() : undefined });
    }
    return role === 'active';
  }

  /** Warns if the active guard runs with other options. @throws {Error} if the lease can't be read or renewed */
  async #standBy(): Promise<void> {
    const tools = this.#tools;
    const { failure } = this.#lease;
    if (failure !== undefined) {
      // If the cluster was deleted, AWS says so.
      await tools.api.describe();
      throw new Error(`The lease can't be read or renewed, so no guard acts: ${failure.message}`, { cause: failure });
    }
    const other = await activeGuard(this.#store);
    const { options } = tools.state;
    const isLike = other === undefined || other.options === undefined || other.options === options;
    const warnings = isLike ? [] : [otherOptions(other, options)];
    if (warnings.join() !== tools.state.warnings.join()) for (const warning of warnings) tools.journal.add(warning);
    tools.tell({ warnings });
  }

  /** @param obstacles reasons that block another duty */
  async #scaleIn(cluster: CacheClusterInfo, obstacles: readonly Obstacle[], signal: AbortSignal): Promise<void> {
    const tools = this.#tools;
    const work = await tools.record.read();
    const wanted = await this.#wanted(cluster, work);
    tools.tell({ wanted, obstacles, removing: work.removing });
    if (wanted >= cluster.nodes.length && cluster.removing.length === 0) return this.#giveUpRemoval(cluster, work);
    const plan = await planScaleIn(tools.api, tools.settings, { nodes: wanted }, this.#options);
    tools.tell({ obstacles: plan.obstacles });
    if (plan.obstacles.length > 0 || plan.going.length === 0) return;
    const removing = plan.going.map(({ cacheNodeId }) => cacheNodeId);
    await tools.write({ ...work, removing });
    tools.tell({ removing, doing: `taking ${removing.join(', ')} away` });
    await this.#whileWanted(cluster, removing.length, signal, (ending) =>
      scaleIn(tools.api, tools.client, plan, tools.journal, {
        historyIntervalMs: tools.settings.historyIntervalMs,
        keysPerSecond: this.#options.keysPerSecond,
        untilExpired: this.#options.untilExpired,
        timeoutMs: this.#options.timeoutMs,
        intervalMs: Math.min(this.#options.intervalMs, 5_000),
        signal: ending,
        onProgress: (doing) => tools.tell({ doing }),
        requireWanted: () => this.#requireWanted(cluster, removing.length, ending),
      }),
    );
    const lastScaleInAt = Date.now();
    await tools.write({ ...(await tools.record.read()), removing: [], lastScaleInAt });
    const { totals } = tools.state;
    tools.tell({
      removing: [],
      lastScaleInAt,
      totals: { ...totals, removedNodes: totals.removedNodes + removing.length },
    });
  }

  /** Runs `work`, and aborts it if the nodes are needed again: with `untilExpired`, a drain takes hours. */
  async #whileWanted(
    cluster: CacheClusterInfo,
    removing: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#options.untilExpired !== true) return work(signal);
    const stop = new AbortController();
    const checking = setInterval(() => {
      this.#requireWanted(cluster, removing, signal).catch((error: unknown) => {
        if (error instanceof Obstructed) stop.abort(error);
      });
    }, this.#options.intervalMs);
    try {
      await work(AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearInterval(checking);
    }
  }

  /** Throws if the nodes are needed again: a drain takes minutes, and AWS may be busy for an hour. */
  async #requireWanted(cluster: CacheClusterInfo, removing: number, signal: AbortSignal): Promise<void> {
    const work = await this.#tools.record.read();
    const wanted = await withRetries(() => this.#wanted(cluster, work), {
      timeoutMs: this.#options.timeoutMs,
      signal,
      onRetry: (doing) => this.#tools.tell({ doing }),
    });
    if (wanted <= cluster.nodes.length - removing) return;
    throw new Obstructed(
      'wanted-again',
      `${wanted} nodes are wanted now: nothing was removed, and the drained nodes are put back.`,
    );
  }

  /** The load is back: nodes that a guard drained for removal are needed again. */
  async #giveUpRemoval({ nodes }: CacheClusterInfo, work: GuardWork): Promise<void> {
    if (work.removing.length === 0) return;
    await this.#tools.putBack(nodes, work.removing, 'is wanted again');
    await this.#tools.write({ ...work, removing: [] });
    this.#tools.tell({ removing: [] });
  }

  async #wanted({ nodes }: CacheClusterInfo, work: GuardWork): Promise<number> {
    const secondsSince = (Date.now() - (work.lastScaleInAt ?? -Infinity)) / 1_000 / this.#options.cooldownScale;
    const allowed = allowedBySchedule(this.#options.schedule, new Date());
    const { nodes: wanted, warnings } = await desiredNodes(this.#scaling, {
      nodes: nodes.length,
      allowed,
      secondsSince,
    });
    this.#tools.tell({ warnings: [...warnings, ...this.#tools.warnings, ...this.#drainedByOthers(nodes, work)] });
    return wanted;
  }

  /**
   * Warns of drained nodes that take no sessions and that no guard drained: an operator has plans for them, or forgot
   * them.
   */
  #drainedByOthers(nodes: CacheClusterInfo['nodes'], work: GuardWork): readonly string[] {
    const own = [...work.removing, ...work.preDrained, ...Object.keys(work.replacing)];
    const others = nodes.map(({ cacheNodeId }) => cacheNodeId).filter((id) => !own.includes(id));
    const { drains } = this.#tools.client.topology;
    return named(nodes, others)
      .filter(({ id }) => drains.get(id) === 'drained')
      .map(
        ({ cacheNodeId, id }) =>
          `${cacheNodeId} is drained, and not by a guard: it takes no sessions. Remove it (sess elasticache scale-in --ids ${cacheNodeId}), or take it back (sess drain ${id} --put-back).`,
      );
  }
}

function otherOptions({ name, options }: GuardState, own: string): string {
  return `The active guard, ${name}, was started with "${options}", and this one with "${own}": what is done depends on which is active. Start all guards with the same options.`;
}
