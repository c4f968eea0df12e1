/** The output for progress: a terminal, or a pipe. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Pause between two paints of the line, in milliseconds. */
const PAINT_EVERY_MS = 80;
const ERASE_LINE = '\r\u001B[2K';

/** Shows progress: one line that is overwritten in a terminal, otherwise a line for each step. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #heading = '';
  #step = '';
  #done = 0;
  #total: number | undefined;
  #painted = Number.NEGATIVE_INFINITY;

  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  /** Sets the heading of the next steps. */
  begin(heading: string): void {
    this.#heading = heading;
  }

  /** Begins a step. With `total`, shows how much of it is done. */
  step(step: string, total?: number): void {
    this.#step = step;
    this.#done = 0;
    this.#total = total;
    if (this.#isTerminal) this.#paint();
    else
      this.#output.write(`${this.#heading}: ${step}${total === undefined ? '' : ` (${total.toLocaleString('en')})`}\n`);
  }

  /** Counts one of the step's total as done. */
  advance(): void {
    this.#done += 1;
    if (this.#isTerminal && (this.#done === this.#total || this.#now() - this.#painted >= PAINT_EVERY_MS))
      this.#paint();
  }

  /** Prints a line that stays. */
  note(line: string): void {
    this.clear();
    this.#output.write(`${line}\n`);
  }

  /** Erases the line, before other output is printed. */
  clear(): void {
    if (this.#isTerminal && this.#painted !== Number.NEGATIVE_INFINITY) this.#output.write(ERASE_LINE);
    this.#painted = Number.NEGATIVE_INFINITY;
  }

  get #isTerminal(): boolean {
    return this.#output.isTTY === true;
  }

  #paint(): void {
    this.#painted = this.#now();
    const count =
      this.#total === undefined ? '' : ` ${this.#done.toLocaleString('en')}/${this.#total.toLocaleString('en')}`;
    const line = `${this.#heading}: ${this.#step}${count}`;
    // A line that wraps could not be overwritten.
    this.#output.write(`${ERASE_LINE}${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }
}
