/**
 * Finds two names of one machine, for example after a list of addresses became a list of host names. The old name in
 * earlier views counts as the listed one. Otherwise the machine would be both an owner and an earlier owner, and its
 * copies would expire with the window.
 *
 * The token of the fence identifies a machine: each has its own.
 */
export class Aliases {
  readonly #listedName = new Map<string, string>();

  /** The listed name by the old one. */
  get names(): ReadonlyMap<string, string> {
    return this.#listedName;
  }

  /**
   * Learns from fence tokens that were read at about the same time.
   *
   * @param tokens fence tokens by node id
   */
  learn(tokens: ReadonlyMap<string, string>, listed: ReadonlySet<string>): void {
    const byToken = new Map<string, string>();
    for (const [id, token] of tokens) if (listed.has(id)) byToken.set(token, id);
    for (const [id, token] of tokens) {
      const name = listed.has(id) ? undefined : byToken.get(token);
      if (name !== undefined) this.#listedName.set(id, name);
    }
  }

  /** A different machine may have this name now. */
  forget(name: string): void {
    for (const [id, listedName] of this.#listedName) if (listedName === name) this.#listedName.delete(id);
  }

  listed(ids: ReadonlySet<string>): void {
    for (const [id, name] of this.#listedName) if (ids.has(id) || !ids.has(name)) this.#listedName.delete(id);
  }
}
