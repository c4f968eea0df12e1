/**
 * The wall clock without its jumps. With a clock that is an hour ahead for a second, agreements, drains and windows
 * would end while other clients still act on another view. So time continues with the monotonic clock, and adopts the
 * wall clock:
 *
 * - at once if the two differ by no more than the clocks of two machines may;
 * - when another client just published a time that fits the wall clock and not this one: after the machine was
 *   suspended, or if its clock was wrong at the start;
 * - when the wall clock has differed by the same amount for as long as an agreement takes, without news from other
 *   clients.
 *
 * Adopts it only after a read of the history: until then, this client's knowledge may be as old as the difference.
 *
 * While the two differ, either may be right. A confirmation that this client publishes also has the later of both
 * ({@link SteadyClock.latest}). When this clock adopts the wall clock, the times that the client noted meanwhile move
 * with it ({@link Adoption}).
 */
import { deadline, type CancelTimer, type Clock } from './clock.ts';

export interface SteadyClockOptions {
  /** How far apart the clocks of two machines may be, milliseconds. */
  readonly clockSkewMs: number;
  /** Interval at which clients confirm their views, milliseconds. */
  readonly historyIntervalMs: number;
}

/** A new confirmation is at most this many intervals old. */
const INTERVALS_OF_NEWS = 2;
/** Intervals that an agreement takes. */
const INTERVALS_TO_PERSIST = 3;
/** Clocks that are read one after the other, or adjusted gradually, differ by a few milliseconds. */
const LEAST_TOLERANCE_MS = 50;

/** The clock jumped forward: its times since `since` were `byMs` too early. */
export interface Adoption {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Whole milliseconds, as every time in the history: the monotonic clock has fractions. */
  readonly byMs: number;
}

/** A wall clock that is further ahead is wrong: no machine sleeps for longer. */
export const LONGEST_SLEEP_MS: number = 30 * 86_400_000;

export class SteadyClock implements Clock {
  readonly #source: Clock;
  readonly #toleranceMs: number;
  readonly #intervalMs: number;
  /** Offset added to the monotonic clock. */
  #base: number;
  /** A difference that is not adopted yet, and its start by the monotonic clock. */
  #pending: { readonly offMs: number; readonly since: number } | undefined;
  /** When both clocks last agreed, by this one, milliseconds since 1970. */
  #agreedAt: number;

  constructor(source: Clock, { clockSkewMs, historyIntervalMs }: SteadyClockOptions) {
    this.#source = source;
    this.#toleranceMs = Math.max(clockSkewMs, LEAST_TOLERANCE_MS);
    this.#intervalMs = historyIntervalMs;
    this.#base = source.now() - source.elapsed();
    this.#agreedAt = source.now();
  }

  now(): number {
    return Math.floor(this.#base + this.#source.elapsed());
  }

  elapsed(): number {
    return this.#source.elapsed();
  }

  /** The machine's wall clock, milliseconds since 1970. */
  wall(): number {
    return this.#source.now();
  }

  /**
   * The latest possible time, milliseconds since 1970: by the wall clock if that is ahead, for example after the
   * machine was suspended. For times that must not be too early.
   */
  latest(): number {
    const now = this.now();
    const aheadMs = this.#source.now() - now;
    return aheadMs > this.#toleranceMs ? now + Math.min(aheadMs, LONGEST_SLEEP_MS) : now;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#source.after(delayMs, callback);
  }

  afterWorking(delayMs: number, callback: () => void): CancelTimer {
    return deadline(this.#source, delayMs, callback);
  }

  /**
   * Call it after each read of the history.
   *
   * @param news the latest time in the history that is new since the last read, milliseconds since 1970; 0 for none
   * @returns the jump forward, if there was one
   */
  follow(news: number): Adoption | undefined {
    const elapsed = this.#source.elapsed();
    const wall = this.#source.now();
    const offMs = wall - (this.#base + elapsed);
    if (
      Math.abs(offMs) > this.#toleranceMs &&
      !this.#isConfirmedBy(news, wall, wall - offMs) &&
      !this.#hasPersisted(offMs, elapsed)
    )
      return undefined;
    const since = this.#agreedAt;
    this.#base += offMs;
    this.#pending = undefined;
    this.#agreedAt = this.now();
    return offMs > this.#toleranceMs ? { since, byMs: Math.floor(offMs) } : undefined;
  }

  /** Whether `news` is from a client whose clock agrees with the wall clock, and not with this one. */
  #isConfirmedBy(news: number, wall: number, own: number): boolean {
    const fits = (now: number): boolean =>
      news >= now - INTERVALS_OF_NEWS * this.#intervalMs - this.#toleranceMs && news <= now + this.#toleranceMs;
    return fits(wall) && (news > own + this.#toleranceMs || !fits(own));
  }

  /** Whether the clocks have differed by `offMs` for as long as an agreement takes. */
  #hasPersisted(offMs: number, elapsed: number): boolean {
    if (this.#pending === undefined || Math.abs(this.#pending.offMs - offMs) > this.#toleranceMs)
      this.#pending = { offMs, since: elapsed };
    return elapsed - this.#pending.since >= INTERVALS_TO_PERSIST * this.#intervalMs + this.#toleranceMs;
  }
}
