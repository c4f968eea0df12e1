import type { SteadyClock } from '../steady-clock.ts';

/** If the last read is older than this many intervals, the process may have missed an agreement. */
const FRESH_INTERVALS = 2;

/** A time by both clocks: the monotonic clock may stop while the machine is suspended. */
export interface Moment {
  readonly elapsed: number;
  readonly wall: number;
}

/** Tracks when the history was last read, and whether that is recent enough to act on. */
export class Freshness {
  /** How long a read history may be acted on, and a view counts as confirmed. */
  readonly lastsMs: number;
  readonly #clock: SteadyClock;
  #readAt: Moment = { elapsed: -Infinity, wall: -Infinity };
  /** Reads from before this time do not count. */
  #trustedFrom = -Infinity;

  constructor(clock: SteadyClock, intervalMs: number) {
    this.#clock = clock;
    this.lastsMs = FRESH_INTERVALS * intervalMs;
  }

  /** The current time. Take it before a read: a read counts from its start. */
  moment(): Moment {
    return { elapsed: this.#clock.elapsed(), wall: this.#clock.wall() };
  }

  /** Called by every operation, so it allocates nothing. */
  get isFresh(): boolean {
    return this.#readAt.elapsed >= this.#trustedFrom && this.isContinuous;
  }

  /** Whether the history was read without long gaps, so that this client has missed no agreement. */
  get isContinuous(): boolean {
    const { elapsed, wall } = this.#readAt;
    return Math.max(this.#clock.elapsed() - elapsed, this.#clock.wall() - wall) < this.lastsMs;
  }

  /** The history was read; `moment`: when the read started. */
  readAt(moment: Moment): void {
    this.#readAt = moment;
  }

  /** At this time the history was unchanged since the last read. */
  confirmedAt({ elapsed, wall }: Moment): void {
    this.#readAt = { elapsed: Math.max(this.#readAt.elapsed, elapsed), wall: Math.max(this.#readAt.wall, wall) };
  }

  /** Reads up to now no longer count as fresh. */
  distrust(): void {
    this.#trustedFrom = this.#clock.elapsed();
  }
}
