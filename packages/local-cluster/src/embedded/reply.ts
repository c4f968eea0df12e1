/** Replies to write, in order. */
export class Reply {
  #parts: (string | Buffer)[] = [];
  #settled = 0;
  #listing: Iterator<string> | undefined;

  /** Whether there is a reply that memcached would hold back to write it together with others. */
  get isStacked(): boolean {
    return this.#parts.length > this.#settled;
  }

  /** Marks all replies as written: memcached writes at the end of a `get` and for `mn`. */
  settle(): void {
    this.#settled = this.#parts.length;
  }

  /** Drops replies that are held back, as memcached does if a `get` fails: earlier requests get no reply. */
  dropStacked(): void {
    this.#parts.length = this.#settled;
  }

  /** Adds a line of text and a CRLF. */
  line(text: string): void {
    this.#parts.push(`${text}\r\n`);
  }

  /** Adds text (one character per byte) or bytes unchanged. */
  add(...parts: readonly (string | Buffer)[]): void {
    this.#parts.push(...parts);
  }

  /** Adds a long reply that is generated while it is written; no further command is parsed before its end. */
  list(lines: Iterator<string>): void {
    this.#listing = lines;
  }

  takeParts(): readonly (string | Buffer)[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#settled = 0;
    return parts;
  }

  /** The pending long reply, if there is one. */
  get listing(): Iterator<string> | undefined {
    return this.#listing;
  }

  endListing(): void {
    this.#listing = undefined;
  }
}
