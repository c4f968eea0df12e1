/**
 * How long a view matters: until all clients agree that none acts on it, and then for the longest life of a copy
 * written under it.
 */
import type { Adoption } from '../steady-clock.ts';
import { actedOnUntil, type ViewEntry } from './history.ts';
import { agreementMs, type Intervals } from './intervals.ts';
import { Sightings } from './sightings.ts';

export interface WindowOptions extends Intervals {
  /** Least time for which an earlier view stays open, in seconds. */
  readonly windowSeconds: number;
  /** Whether the history is signed. */
  readonly trustsHistory: boolean;
}

/** All times are milliseconds since 1970. */
export class Windows {
  readonly #options: WindowOptions;
  readonly #confirmations = new Sightings();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** The credible time of the view's last confirmation. */
  confirmedAt(id: string, entry: ViewEntry, now: number): number {
    const latest = actedOnUntil(entry);
    const matters = latest > now + this.#options.clockSkewMs ? this.endOf(entry) : 0;
    return Math.min(latest, this.#confirmations.at(id, entry.confirmedAt, now, matters));
  }

  /** Corrects the sightings of the time in which this client's clock was behind. */
  adopted(adoption: Adoption): void {
    this.#confirmations.adopted(adoption);
  }

  /** This client still acts on the view, whose last confirmation is `confirmedAt`. */
  renew(id: string, confirmedAt: number, now: number): void {
    this.#confirmations.renew(id, confirmedAt, now);
  }

  /** From then on no client acts on the view, unless one confirms it again. */
  agreedAfter(id: string, entry: ViewEntry, now: number): number {
    return this.confirmedAt(id, entry, now) + agreementMs(this.#options);
  }

  /**
   * Until when another client may act on the view, so that a client that does not understand it must not write. In an
   * unsigned history, a time ahead of the clock counts only while somebody keeps confirming the view. Otherwise whoever
   * wrote it once would stop the writes of every process that starts before that time.
   */
  undecidedUntil(id: string, entry: ViewEntry, now: number): number {
    const agreedAfter = this.agreedAfter(id, entry, now);
    if (this.#options.trustsHistory || this.#confirmations.isKeptUp(id)) return agreedAfter;
    const isAhead = entry.confirmedAt > now + this.#options.clockSkewMs;
    return isAhead ? 0 : Math.min(agreedAfter, entry.confirmedAt + agreementMs(this.#options));
  }

  /**
   * End of the view's window: no client writes under it after the agreement, and a record written before lives at most
   * for the longest time to live.
   */
  openUntil(id: string, entry: ViewEntry, now: number): number {
    return this.agreedAfter(id, entry, now) + this.#lengthMs(entry);
  }

  /** When the view's window ends for clients that read the entry later. */
  endOf(entry: ViewEntry): number {
    return actedOnUntil(entry) + agreementMs(this.#options) + this.#lengthMs(entry);
  }

  /** The longest window of these views, and of one with this time to live, in milliseconds. */
  longestMs(views: Iterable<ViewEntry>, ttlSeconds: number): number {
    const lengths = [...views].map((entry) => this.#lengthMs(entry));
    return agreementMs(this.#options) + Math.max(this.#lengthMs({ ttlSeconds }), ...lengths);
  }

  keepOnly(isWanted: (id: string) => boolean, now: number): void {
    this.#confirmations.keepOnly(isWanted, now);
  }

  #lengthMs({ ttlSeconds }: Pick<ViewEntry, 'ttlSeconds'>): number {
    return Math.max(ttlSeconds, this.#options.windowSeconds) * 1000;
  }
}
