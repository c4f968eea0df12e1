/**
 * When this client first saw what others said, by its own clock. What a clock that is ahead has said is believed as of
 * the moment when it was seen, and no longer: an hour's error of one machine does not become an hour's wait of all.
 */
export class Sightings {
  readonly #seen = new Map<string, { readonly said: number; at: number }>();

  /** When `said` was first seen of `name`. Both and `now` are milliseconds since 1970. */
  at(name: string, said: number, now: number): number {
    const known = this.#seen.get(name);
    if (known?.said === said) {
      // This client's own clock was ahead, and was set back.
      known.at = Math.min(known.at, now);
      return known.at;
    }
    this.#seen.set(name, { said, at: now });
    return now;
  }

  /** It holds until now, as this client knows itself. */
  renew(name: string, said: number, now: number): void {
    this.#seen.set(name, { said, at: now });
  }

  /** When that was said, as far as it can be believed: not after it was seen. */
  when(name: string, said: number, now: number): number {
    return Math.min(said, this.at(name, said, now));
  }

  keepOnly(isWanted: (name: string) => boolean): void {
    for (const name of this.#seen.keys()) if (!isWanted(name)) this.#seen.delete(name);
  }
}
