/** Answers that wait to be written, in order. */
export class Reply {
  #parts: (string | Buffer)[] = [];
  #listing: Iterator<string> | undefined;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
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
