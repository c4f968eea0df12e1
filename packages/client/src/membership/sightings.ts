/**
 * When this client first saw the times that other clients published, by its own clock. A time from a clock that is
 * ahead counts as the time of its sighting, so that an hour's error of one machine does not become an hour's wait for
 * all.
 */
import type { Adoption } from '../steady-clock.ts';

export class Sightings {
  readonly #seen = new Map<string, { readonly said: number; at: number; matters: number; readonly isNews: boolean }>();

  /**
   * When `said` was first seen for `name`. All times are milliseconds since 1970.
   *
   * @param matters until when to remember a time in the future: a client that forgot it would take it for news
   */
  at(name: string, said: number, now: number, matters = 0): number {
    const known = this.#seen.get(name);
    if (known?.said === said) {
      // This client's own clock was ahead and was set back.
      known.at = Math.min(known.at, now);
      known.matters = Math.max(known.matters, matters);
      return known.at;
    }
    this.#seen.set(name, { said, at: now, matters, isNews: known !== undefined });
    return now;
  }

  /** Whether this client saw a time for `name` and later another one: somebody keeps publishing it. */
  isKeptUp(name: string): boolean {
    return this.#seen.get(name)?.isNews === true;
  }

  /** Moves the sighting to now: this client itself knows that `said` still holds. */
  renew(name: string, said: number, now: number): void {
    const { matters = 0, isNews = false } = this.#seen.get(name) ?? {};
    this.#seen.set(name, { said, at: now, matters, isNews });
  }

  /** This client's clock was `byMs` behind since `since`: moves the sightings of that time forward by `byMs`. */
  adopted({ since, byMs }: Adoption): void {
    for (const seen of this.#seen.values()) if (seen.at >= since) seen.at += byMs;
  }

  /** The credible time of `said`: not later than its sighting. */
  when(name: string, said: number, now: number): number {
    return Math.min(said, this.at(name, said, now));
  }

  keepOnly(isWanted: (name: string) => boolean, now: number): void {
    for (const [name, { matters }] of this.#seen) if (!isWanted(name) && matters <= now) this.#seen.delete(name);
  }
}
