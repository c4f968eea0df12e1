type Use = 'get' | 'hit' | 'set' | 'del';

/** `stats detail`: counts uses of keys by `<prefix>:` while enabled. */
export class PrefixStats {
  enabled = false;
  readonly #uses: Map<string, Record<Use, number>> = new Map();

  count(key: string, ...uses: readonly Use[]): void {
    const end = key.indexOf(':');
    if (!this.enabled || end < 0) return;
    const prefix = key.slice(0, end);
    const counts = this.#uses.get(prefix) ?? { get: 0, hit: 0, set: 0, del: 0 };
    for (const use of uses) counts[use]++;
    this.#uses.set(prefix, counts);
  }

  clear(): void {
    this.#uses.clear();
  }

  /** The reply to `stats detail dump`: one line per prefix, then `END`. */
  dump(): string {
    const lines = Array.from(
      this.#uses,
      ([prefix, { get, hit, set, del }]) => `PREFIX ${prefix} get ${get} hit ${hit} set ${set} del ${del}\r\n`,
    );
    return `${lines.join('')}END\r\n`;
  }
}
