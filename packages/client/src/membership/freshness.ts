import type { SteadyClock } from '../steady-clock.ts';

/** If the last read is older than so many intervals, the process may have missed an agreement. */
const FRESH_INTERVALS = 2;

/** A moment by both clocks: the one that never runs backwards stands still while the machine is suspended. */
export interface Moment {
  readonly elapsed: number;
  readonly wall: number;
}

/** When the history was last read, and whether that is lately enough to act on. */
export class Freshness {
  /** How long what was read may be acted on, and a view be taken for confirmed. */
  readonly lastsMs: number;
  readonly #clock: SteadyClock;
  #readAt: Moment = { elapsed: -Infinity, wall: -Infinity };
  /** Reads from before this time do not count. */
  #trustedFrom = -Infinity;

  constructor(clock: SteadyClock, intervalMs: number) {
    this.#clock = clock;
    this.lastsMs = FRESH_INTERVALS * intervalMs;
  }

  /** Now: a read counts from when it was asked for. */
  moment(): Moment {
    return { elapsed: this.#clock.elapsed(), wall: this.#clock.wall() };
  }

  /** Asked with every operation: it allocates nothing. */
  get isFresh(): boolean {
    const { elapsed, wall } = this.#readAt;
    const age = Math.max(this.#clock.elapsed() - elapsed, this.#clock.wall() - wall);
    return elapsed >= this.#trustedFrom && age < this.lastsMs;
  }

  /** The history was asked for then, and has come. */
  readAt(moment: Moment): void {
    this.#readAt = moment;
  }

  /** Then it was what was last read. */
  confirmedAt({ elapsed, wall }: Moment): void {
    this.#readAt = { elapsed: Math.max(this.#readAt.elapsed, elapsed), wall: Math.max(this.#readAt.wall, wall) };
  }

  /** What was read up to now may be old. */
  distrust(): void {
    this.#trustedFrom = this.#clock.elapsed();
  }
}
