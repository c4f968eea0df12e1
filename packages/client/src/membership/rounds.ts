import type { CancelTimer } from '../clock.ts';
import type { SteadyClock } from '../steady-clock.ts';

export interface RoundsSetup {
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly intervalMs: number;
  /** One round, with all nodes or with one. */
  readonly exchange: (all: boolean) => Promise<void>;
  /** Looks whether there is anything new; begins a round if so. */
  readonly poll: () => Promise<void>;
  /** The least time to the next round, in milliseconds, where the interval is shorter. */
  readonly paceMs: () => number;
}

/** How often within an interval somebody looks whether there is anything new. */
export const POLLS_AN_INTERVAL = 5;
export const LEAST_POLL_MS = 100;

/** One round at a time, every interval, jittered by a quarter; in between, a look. A caller waits for the next round. */
export class Rounds {
  readonly #setup: RoundsSetup;
  #round: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #cancel: CancelTimer | undefined;
  /** When the next round is due, by the clock that never runs backwards. */
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

  /** A round with all nodes. Who comes while one is under way waits for the one after it, which sees what it saw. */
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

  /** Looks again later, unless a round is under way, which does so at its end. */
  lookLater(): void {
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
