import type { TextStream } from '../streams.ts';

/** Time between two lines if the output is not a terminal. */
const LINE_EVERY_MS = 5_000;

/** Shows progress: one line that is overwritten in a terminal, otherwise a new line every few seconds. */
export class Progress {
  readonly #stream: TextStream;
  #saidAt = -Infinity;
  #isOpen = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    if (this.#stream.isTTY === true) {
      this.#stream.write(`\r\u001B[2K${text.slice(0, Math.max(1, (this.#stream.columns ?? 80) - 1))}`);
      this.#isOpen = true;
    } else if (performance.now() - this.#saidAt >= LINE_EVERY_MS) {
      this.#saidAt = performance.now();
      this.#stream.write(`${text}\n`);
    }
  }

  /** Clears the progress line. */
  end(): void {
    if (this.#isOpen) this.#stream.write('\r\u001B[2K');
    this.#isOpen = false;
  }
}
