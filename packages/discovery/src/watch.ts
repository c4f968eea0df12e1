import { setMaxListeners } from 'node:events';
import type { Timer } from './clock.ts';
import { abortable } from './deadline.ts';
import { publish, type RefreshMessage } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { DiscoveryError } from './errors.ts';
import { GuardedListener } from './guarded-listener.ts';
import { nextPauseMs } from './poll-schedule.ts';
import { sameTopology } from './topology-value.ts';
import type { Topology, TopologyListener, Watch } from './topology.ts';

/**
 * One look at the source, given the topology in force. Resolves with the topology to use from now on; rejects if there
 * is no valid answer, and with the signal's reason when that fires.
 */
export type Look = (current: Topology | undefined, signal: AbortSignal) => Promise<Finding>;

export interface Finding {
  readonly topology: Topology;
  readonly answeredBy: string;
  /** Version of the answer, if it was ignored because it is older than the topology in force. */
  readonly ignoredVersion?: number;
  /** Failures of other servers before the answer. */
  readonly failures?: readonly Error[];
}

export interface WatchPlan {
  /** For diagnostics and errors: `elasticache host:port`. */
  readonly source: string;
  readonly look: Look;
  /** `undefined`: looks only once, and on `refresh()`. */
  readonly pollIntervalMs: number | undefined;
  readonly environment: Pick<Environment, 'clock' | 'random'>;
}

/** Starts looking, and continues until closed. Does not call the listener before it returns. */
export function startWatch(plan: WatchPlan, listener: TopologyListener): Watch {
  return new PollingWatch(plan, new GuardedListener(plan.source, listener));
}

class PollingWatch implements Watch {
  readonly #plan: WatchPlan;
  readonly #listener: GuardedListener;
  readonly #closing = new AbortController();
  #current: Topology | undefined;
  #failuresInARow = 0;
  /** The running look. */
  #underWay: Promise<void> | undefined;
  /** The timer of the next look. */
  #timer: Timer | undefined;
  /** For callers that wait for a first topology while no look is running; settles with the next look. */
  #nextLook: Deferred | undefined;

  constructor(plan: WatchPlan, listener: GuardedListener) {
    this.#plan = plan;
    this.#listener = listener;
    setMaxListeners(0, this.#closing.signal);
    void this.#startLook();
  }

  async ready(): Promise<Topology> {
    this.#assertOpen();
    if (this.#current !== undefined) return this.#current;
    await (this.#underWay ?? this.#waitForNextLook());
    // A successful look has set a topology.
    return this.#current ?? this.ready();
  }

  async refresh(): Promise<void> {
    this.#assertOpen();
    await (this.#underWay ?? this.#startLook());
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    const error = this.#closedError();
    this.#closing.abort(error);
    this.#timer?.cancel();
    this.#nextLook?.reject(error);
  }

  #startLook(): Promise<void> {
    this.#timer?.cancel();
    const waiting = this.#nextLook;
    this.#nextLook = undefined;
    const look = this.#lookOnce();
    this.#underWay = look;
    // Nobody may be waiting; the listener gets a failure in any case.
    look.then(
      () => waiting?.resolve(),
      (error: unknown) => waiting?.reject(error),
    );
    return look;
  }

  async #lookOnce(): Promise<void> {
    const { environment, look } = this.#plan;
    const startedAt = environment.clock.now();
    const { signal } = this.#closing;
    let finding: Finding;
    try {
      finding = await abortable(look(this.#current, signal), signal);
      this.#assertOpen();
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failed(toError(error), startedAt);
      throw error;
    }
    this.#found(finding, startedAt);
  }

  #found({ topology, answeredBy, ignoredVersion, failures }: Finding, startedAt: number): void {
    const previous = this.#current;
    const changed = previous === undefined || !sameTopology(previous, topology);
    this.#failuresInARow = 0;
    if (changed) this.#current = topology;
    this.#endLook(startedAt, {
      outcome: changed ? 'changed' : ignoredVersion === undefined ? 'unchanged' : 'ignored',
      answeredBy,
      ignoredVersion,
      failures: failures ?? [],
    });
    if (!changed) return;
    publish('sess:discovery:topology', () => ({ source: this.#plan.source, topology, previous }));
    this.#listener.topology(topology);
  }

  #failed(error: Error, startedAt: number): void {
    this.#failuresInARow += 1;
    this.#endLook(startedAt, {
      outcome: 'failed',
      answeredBy: undefined,
      ignoredVersion: undefined,
      failures: [error],
    });
    publish('sess:discovery:error', () => ({ source: this.#plan.source, error, failuresInARow: this.#failuresInARow }));
    this.#listener.error(error);
  }

  /** Schedules the next look before it reports this one: a listener may close the watch, or look again at once. */
  #endLook(startedAt: number, result: Omit<RefreshMessage, 'source' | 'durationMs' | 'nextLookInMs'>): void {
    this.#underWay = undefined;
    const nextLookInMs = this.#schedule();
    const durationMs = this.#plan.environment.clock.now() - startedAt;
    publish('sess:discovery:refresh', () => ({ source: this.#plan.source, durationMs, nextLookInMs, ...result }));
  }

  #schedule(): number | undefined {
    const { pollIntervalMs, environment } = this.#plan;
    if (pollIntervalMs === undefined) return undefined;
    const pauseMs = nextPauseMs(pollIntervalMs, this.#failuresInARow, environment.random());
    this.#timer = environment.clock.setTimeout(() => void this.#startLook(), pauseMs);
    this.#timer.keepAlive(false);
    return pauseMs;
  }

  #waitForNextLook(): Promise<void> {
    // Somebody waits, so the timer must keep the process running.
    this.#timer?.keepAlive(true);
    this.#nextLook ??= deferred();
    return this.#nextLook.promise;
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }

  #closedError(): DiscoveryError {
    return new DiscoveryError('SESS_DISCOVERY_CLOSED', `The watch of ${this.#plan.source} was closed.`);
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function deferred(): Deferred {
  let settle: Pick<Deferred, 'resolve' | 'reject'> = { resolve() {}, reject() {} };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a look failed', { cause: thrown });
}
