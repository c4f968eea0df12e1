/**
 * The wall clock, without its jumps. A clock that is an hour ahead for a second would call agreements reached, drains
 * done and windows closed while other clients still act on another view. So time goes on from where it was, at the pace
 * of the clock that never runs backwards, and follows the wall clock:
 *
 * - at once where the two differ by no more than the clocks of two machines may;
 * - when another client has just told a time that fits the wall clock, and not this one: after the machine was
 *   suspended, or was wrong when it began;
 * - when the wall clock has differed by the same for as long as an agreement takes, and nobody else is there to ask.
 *
 * Always after the history was read: until then, what is known is as old as the difference says.
 */
import { deadline, type CancelTimer, type Clock } from './clock.ts';

export interface SteadyClockOptions {
  /** How far apart the clocks of two machines may be, milliseconds. */
  readonly clockSkewMs: number;
  /** How often clients confirm what they act on, milliseconds. */
  readonly historyIntervalMs: number;
}

/** A confirmation that was read just now is no older than so many intervals. */
const INTERVALS_OF_NEWS = 2;
/** What an agreement takes. */
const INTERVALS_TO_BELIEVE = 3;
/** Clocks that are read one after the other, and set right little by little, differ by a few milliseconds. */
const LEAST_TOLERANCE_MS = 50;

export class SteadyClock implements Clock {
  readonly #source: Clock;
  readonly #toleranceMs: number;
  readonly #intervalMs: number;
  /** What is added to the clock that never runs backwards. */
  #base: number;
  /** A difference that is not believed yet, and since when it stands, by the clock that never runs backwards. */
  #doubt: { readonly offMs: number; readonly since: number } | undefined;

  constructor(source: Clock, { clockSkewMs, historyIntervalMs }: SteadyClockOptions) {
    this.#source = source;
    this.#toleranceMs = Math.max(clockSkewMs, LEAST_TOLERANCE_MS);
    this.#intervalMs = historyIntervalMs;
    this.#base = source.now() - source.elapsed();
  }

  now(): number {
    return Math.floor(this.#base + this.#source.elapsed());
  }

  elapsed(): number {
    return this.#source.elapsed();
  }

  /** What the machine's own clock says, milliseconds since 1970. */
  wall(): number {
    return this.#source.now();
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#source.after(delayMs, callback);
  }

  afterWorking(delayMs: number, callback: () => void): CancelTimer {
    return deadline(this.#source, delayMs, callback);
  }

  /**
   * The history was read. `news`: the latest time in it that was not there when it was read before, milliseconds since
   * 1970; 0 for none.
   */
  follow(news: number): void {
    const elapsed = this.#source.elapsed();
    const wall = this.#source.now();
    const offMs = wall - (this.#base + elapsed);
    if (Math.abs(offMs) > this.#toleranceMs && !this.#isTold(news, wall, wall - offMs) && !this.#stands(offMs, elapsed))
      return;
    this.#base += offMs;
    this.#doubt = undefined;
  }

  /** Whether a client has told that moment just now whose clock agrees with the wall clock, and not with this one. */
  #isTold(news: number, wall: number, own: number): boolean {
    const fits = (now: number): boolean =>
      news >= now - INTERVALS_OF_NEWS * this.#intervalMs - this.#toleranceMs && news <= now + this.#toleranceMs;
    return fits(wall) && (news > own + this.#toleranceMs || !fits(own));
  }

  /** Whether the clocks have differed by that for as long as an agreement takes. */
  #stands(offMs: number, elapsed: number): boolean {
    if (this.#doubt === undefined || Math.abs(this.#doubt.offMs - offMs) > this.#toleranceMs)
      this.#doubt = { offMs, since: elapsed };
    return elapsed - this.#doubt.since >= INTERVALS_TO_BELIEVE * this.#intervalMs + this.#toleranceMs;
  }
}
