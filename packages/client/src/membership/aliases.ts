/**
 * Two names of one machine, as where a list of addresses becomes one of host names: what an earlier view has under the
 * name that is gone is on the machine under the name that is listed. Otherwise it would be written to twice, as an owner
 * and as an earlier owner, whose copies end with its window.
 *
 * A machine is known by the token of its fence: each has one of its own.
 */
export class Aliases {
  readonly #listedName = new Map<string, string>();

  /** The listed name, by the one that is gone. */
  get names(): ReadonlyMap<string, string> {
    return this.#listedName;
  }

  /** These were read at about the same time. `tokens`: what the fence of each node showed. */
  learn(tokens: ReadonlyMap<string, string>, listed: ReadonlySet<string>): void {
    const byToken = new Map<string, string>();
    for (const [id, token] of tokens) if (listed.has(id)) byToken.set(token, id);
    for (const [id, token] of tokens) {
      const name = listed.has(id) ? undefined : byToken.get(token);
      if (name !== undefined) this.#listedName.set(id, name);
    }
  }

  /** Another machine answers to this name, or may. */
  forget(name: string): void {
    for (const [id, listedName] of this.#listedName) if (listedName === name) this.#listedName.delete(id);
  }

  listed(ids: ReadonlySet<string>): void {
    for (const [id, name] of this.#listedName) if (ids.has(id) || !ids.has(name)) this.#listedName.delete(id);
  }
}
