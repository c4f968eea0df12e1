import type { CancelTimer } from '../clock.ts';
import type { SteadyClock } from '../steady-clock.ts';

export interface RoundsSetup {
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly intervalMs: number;
  /** Runs one round, with all nodes or with one. */
  readonly exchange: (all: boolean) => Promise<void>;
  /** Checks for news, and starts a round if there is any. */
  readonly poll: () => Promise<void>;
  /** Least time to the next round in milliseconds, if it is longer than the interval. */
  readonly paceMs: () => number;
}

/** Polls per interval. */
export const POLLS_AN_INTERVAL = 5;
export const LEAST_POLL_MS = 100;

/** Runs one round at a time, every interval, jittered by a quarter, and polls in between. */
export class Rounds {
  readonly #setup: RoundsSetup;
  #round: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #cancel: CancelTimer | undefined;
  /** When the next round is due, by the monotonic clock. */
  #dueAt = -Infinity;
  #ended = false;

  constructor(setup: RoundsSetup) {
    this.#setup = setup;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get isDue(): boolean {
    return this.#setup.clock.elapsed() >= this.#dueAt;
  }

  /** Runs a round with all nodes. A call during a round waits for the next one, which includes the caller's news. */
  refresh(): Promise<void> {
    if (this.#round === undefined) return this.begin(true);
    this.#next ??= this.#round.then(
      () => this.begin(true),
      () => this.begin(true),
    );
    return this.#next;
  }

  begin(all: boolean): Promise<void> {
    this.#next = undefined;
    this.#cancel?.();
    this.#round = this.#setup.exchange(all).finally(() => {
      const { clock, random, intervalMs, paceMs } = this.#setup;
      this.#round = undefined;
      this.#dueAt = clock.elapsed() + Math.max(intervalMs, paceMs()) * (0.75 + random() / 4);
      this.#schedule();
    });
    return this.#round;
  }

  /** Schedules the next poll, unless a round is running, which does so at its end. */
  pollLater(): void {
    if (this.#round === undefined) this.#schedule();
  }

  stop(): void {
    this.#ended = true;
    this.#cancel?.();
  }

  #schedule(): void {
    if (this.#ended || this.#next !== undefined) return;
    const { clock, random, intervalMs, poll } = this.#setup;
    const pollMs = Math.max(LEAST_POLL_MS, intervalMs / POLLS_AN_INTERVAL) * (0.75 + random() / 4);
    this.#cancel = clock.after(Math.min(pollMs, Math.max(0, this.#dueAt - clock.elapsed())), () => {
      poll().catch(() => {
        // The nodes' circuit breakers have counted the failure; the next round tries again.
      });
    });
  }
}
