/**
 * When this client first saw the times that other clients published, by its own clock. A time from a clock that is
 * ahead counts as the time of its sighting, so that an hour's error of one machine does not become an hour's wait for
 * all.
 */
export class Sightings {
  readonly #seen = new Map<string, { readonly said: number; at: number }>();

  /** When `said` was first seen for `name`. All times are milliseconds since 1970. */
  at(name: string, said: number, now: number): number {
    const known = this.#seen.get(name);
    if (known?.said === said) {
      // This client's own clock was ahead and was set back.
      known.at = Math.min(known.at, now);
      return known.at;
    }
    this.#seen.set(name, { said, at: now });
    return now;
  }

  /** Moves the sighting to now: this client itself knows that `said` still holds. */
  renew(name: string, said: number, now: number): void {
    this.#seen.set(name, { said, at: now });
  }

  /** The credible time of `said`: not later than its sighting. */
  when(name: string, said: number, now: number): number {
    return Math.min(said, this.at(name, said, now));
  }

  keepOnly(isWanted: (name: string) => boolean): void {
    for (const name of this.#seen.keys()) if (!isWanted(name)) this.#seen.delete(name);
  }
}
