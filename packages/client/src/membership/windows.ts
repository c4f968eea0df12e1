/**
 * For how long a view matters: until all have agreed that nobody acts on it, and then for the longest time that a copy
 * written under it can be wanted.
 */
import type { ViewEntry } from './history.ts';
import { agreementMs, type Intervals } from './intervals.ts';
import { Sightings } from './sightings.ts';

export interface WindowOptions extends Intervals {
  /** The least time for which an earlier view stays open, in seconds. */
  readonly windowSeconds: number;
}

/** All times are milliseconds since 1970. */
export class Windows {
  readonly #options: WindowOptions;
  readonly #confirmations = new Sightings();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** When the view was last confirmed, as far as that can be believed. */
  confirmedAt(id: string, { confirmedAt }: ViewEntry, now: number): number {
    return this.#confirmations.when(id, confirmedAt, now);
  }

  /** This client acts on the view until now, and said so at `confirmedAt`. */
  renew(id: string, confirmedAt: number, now: number): void {
    this.#confirmations.renew(id, confirmedAt, now);
  }

  /** From then on nobody acts on the view, unless somebody confirms it again. */
  agreedAfter(id: string, entry: ViewEntry, now: number): number {
    return this.confirmedAt(id, entry, now) + agreementMs(this.#options);
  }

  /**
   * No client wrote under the view after it was agreed; a record written before lives for the longest time to live at
   * most.
   */
  openUntil(id: string, entry: ViewEntry, now: number): number {
    return this.agreedAfter(id, entry, now) + this.#lengthMs(entry);
  }

  /** Until when a view may be wanted that others read of. */
  endOf(entry: ViewEntry): number {
    return entry.confirmedAt + agreementMs(this.#options) + this.#lengthMs(entry);
  }

  /** Of the longest window of these, and of one in which records live for so long, in milliseconds. */
  longestMs(views: Iterable<ViewEntry>, ttlSeconds: number): number {
    const lengths = [...views].map((entry) => this.#lengthMs(entry));
    return agreementMs(this.#options) + Math.max(this.#lengthMs({ ttlSeconds }), ...lengths);
  }

  keepOnly(isWanted: (id: string) => boolean): void {
    this.#confirmations.keepOnly(isWanted);
  }

  #lengthMs({ ttlSeconds }: Pick<ViewEntry, 'ttlSeconds'>): number {
    return Math.max(ttlSeconds, this.#options.windowSeconds) * 1000;
  }
}
