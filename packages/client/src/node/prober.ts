import type { CancelTimer, Clock } from '../clock.ts';
import { SessClientError } from '../errors.ts';
import { pause } from '../pause.ts';
import type { Breaker, BreakerState } from './breaker.ts';

export interface ProberOptions {
  /** Interval between probes of a node that is up and otherwise idle. */
  readonly probeIntervalMs: number;
  /** Longest interval between probes of a node that is down. */
  readonly maxProbePauseMs: number;
}

/** Interval after the first failed probe; doubles with every further one. */
const FIRST_PAUSE_MS = 100;
/** Least interval between a failed probe and one that callers ask for: they ask with every write. */
const LEAST_PAUSE_MS = 20;

/**
 * Checks whether a node answers: at once when it joins and when its connection was lost, every `probeIntervalMs` while
 * it is up and otherwise idle, at growing intervals while it is down. One probe at a time; every interval has 50 %
 * jitter, so that clients don't probe in step. Refused credentials are retried only at the longest interval: servers
 * lock accounts.
 */
export class Prober {
  readonly #breaker: Breaker;
  readonly #send: () => Promise<unknown>;
  readonly #failed: () => void;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #options: ProberOptions;
  #cancel: CancelTimer | undefined;
  #dueAt = 0;
  /** The pending probe; resolves to whether the node answers. */
  #underWay: Promise<boolean> | undefined;
  /** The probe after it, if a caller waits for one. */
  #next: Promise<boolean> | undefined;
  readonly #stopping = new AbortController();
  /** When the last probe failed, by the monotonic clock. */
  #failedAt = -Infinity;
  /** Failed probes in a row since the node's last change of state. */
  #failures = 0;
  #hasAnswered = false;

  constructor(
    breaker: Breaker,
    send: () => Promise<unknown>,
    failed: () => void,
    clock: Clock,
    random: () => number,
    options: ProberOptions,
  ) {
    this.#breaker = breaker;
    this.#send = send;
    this.#failed = failed;
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Probes now. */
  start(): void {
    void this.#probe();
  }

  /**
   * Probes the node without waiting for the schedule, at most once in {@link LEAST_PAUSE_MS} while it fails. Resolves
   * to whether it answers a probe sent after this call.
   */
  probeNow(): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    if (this.#underWay === undefined && this.#restMs === 0) return this.#probe('asked');
    this.#next ??= this.#later();
    return this.#next;
  }

  /** The probe after the pending one and the rest that follows its failure. */
  async #later(): Promise<boolean> {
    await this.#underWay;
    if (this.#restMs > 0) await pause(this.#clock, this.#restMs, this.#stopping.signal);
    // A scheduled probe may have begun meanwhile, before the last caller asked.
    this.#next = undefined;
    return this.probeNow();
  }

  get #restMs(): number {
    return Math.max(0, this.#failedAt + LEAST_PAUSE_MS - this.#clock.elapsed());
  }

  get #ended(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The node answered a request: the next probe is not needed. */
  requestAnswered(): void {
    this.#hasAnswered = true;
  }

  /** The node's state changed: reschedules the next probe. */
  paceChanged(): void {
    this.#failures = 0;
    if (this.#underWay === undefined) this.#schedule();
  }

  /** Milliseconds until the next probe; 0 while one is pending. */
  get dueInMs(): number {
    return this.#underWay === undefined ? Math.max(0, this.#dueAt - this.#clock.elapsed()) : 0;
  }

  stop(): void {
    this.#stopping.abort();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#cancel?.();
    const pauseMs = this.#pauseMs();
    this.#dueAt = this.#clock.elapsed() + pauseMs;
    this.#cancel = this.#clock.after(pauseMs, () => {
      this.#cancel = undefined;
      this.#due();
    });
  }

  #due(): void {
    const hasAnswered = this.#hasAnswered;
    this.#hasAnswered = false;
    if (hasAnswered && this.#breaker.state === 'up') this.#schedule();
    else void this.#probe();
  }

  #probe(why: 'due' | 'asked' = 'due'): Promise<boolean> {
    // The next probe is scheduled when this one settles.
    this.#cancel?.();
    const sentIn = this.#breaker.state;
    this.#underWay = this.#send().then(
      () => this.#probeAnswered(),
      (error: unknown) => this.#probeFailed(error, sentIn, why),
    );
    return this.#underWay;
  }

  #probeAnswered(): boolean {
    this.#underWay = undefined;
    if (this.#ended) return true;
    this.#failures = 0;
    this.#failedAt = -Infinity;
    this.#breaker.probeAnswered();
    this.#schedule();
    return true;
  }

  #probeFailed(error: unknown, sentIn: BreakerState, why: 'due' | 'asked'): boolean {
    this.#underWay = undefined;
    if (this.#ended) return false;
    this.#failedAt = this.#clock.elapsed();
    const state = this.#breaker.state;
    this.#breaker.probeFailed(error, sentIn);
    // Only a scheduled probe that neither follows nor causes a change of state lengthens the next interval.
    if (why === 'due' && state === sentIn && this.#breaker.state === state) this.#failures += 1;
    this.#failed();
    this.#schedule();
    return false;
  }

  #pauseMs(): number {
    return this.#plainPauseMs() * (0.5 + this.#random());
  }

  #plainPauseMs(): number {
    const { probeIntervalMs, maxProbePauseMs } = this.#options;
    const first = Math.min(FIRST_PAUSE_MS, maxProbePauseMs);
    const { state, cause, answers } = this.#breaker;
    if (state === 'suspect') return this.#failures === 0 ? 0 : first;
    if (state !== 'down') return this.#failures === 0 ? probeIntervalMs : Math.min(first, probeIntervalMs);
    if (answers > 0) return first;
    return refusedCredentials(cause)
      ? maxProbePauseMs
      : Math.min(first * 2 ** Math.min(this.#failures, 30), maxProbePauseMs);
  }
}

function refusedCredentials(cause: Error | undefined): boolean {
  return SessClientError.is(cause) && cause.code === 'SESS_AUTH';
}
