/** Answers that wait to be written, in order. */
export class Reply {
  #parts: (string | Buffer)[] = [];
  #settled = 0;
  #listing: Iterator<string> | undefined;

  /** Whether an answer waits that memcached would still hold back for company. */
  get isStacked(): boolean {
    return this.#parts.length > this.#settled;
  }

  /** Says that memcached would have written by now: it does so at the end of a `get` and for `mn`. */
  settle(): void {
    this.#settled = this.#parts.length;
  }

  /**
   * Drops what is still held back, as memcached does where a `get` ends in an error: whoever asked before gets no
   * answer.
   */
  dropStacked(): void {
    this.#parts.length = this.#settled;
  }

  /** A line of text; its CRLF is added. */
  line(text: string): void {
    this.#parts.push(`${text}\r\n`);
  }

  /** Text (one character a byte) or bytes, as they are. */
  add(...parts: readonly (string | Buffer)[]): void {
    this.#parts.push(...parts);
  }

  /** A long answer that is made while it is written; no further command is looked at before its end. */
  list(lines: Iterator<string>): void {
    this.#listing = lines;
  }

  takeParts(): readonly (string | Buffer)[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#settled = 0;
    return parts;
  }

  /** The long answer that is under way, if there is one. */
  get listing(): Iterator<string> | undefined {
    return this.#listing;
  }

  endListing(): void {
    this.#listing = undefined;
  }
}
