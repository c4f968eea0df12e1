/** Where people read what the lab is doing: a terminal, or a pipe. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Pause between two paints of the line, in milliseconds. */
const PAINT_EVERY_MS = 80;
const ERASE_LINE = '\r\u001B[2K';

/** What the lab is doing now: one line that is painted over on a terminal, a line for each step elsewhere. */
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

  /** The heading of the steps to come. */
  begin(heading: string): void {
    this.#heading = heading;
  }

  /** Goes on to the next step; `total` makes it one that is counted. */
  step(step: string, total?: number): void {
    this.#step = step;
    this.#done = 0;
    this.#total = total;
    if (this.#isTerminal) this.#paint();
    else
      this.#output.write(`${this.#heading}: ${step}${total === undefined ? '' : ` (${total.toLocaleString('en')})`}\n`);
  }

  /** One of the step's total is done. */
  advance(): void {
    this.#done += 1;
    if (this.#isTerminal && (this.#done === this.#total || this.#now() - this.#painted >= PAINT_EVERY_MS))
      this.#paint();
  }

  /** A line that stays. */
  note(line: string): void {
    this.clear();
    this.#output.write(`${line}\n`);
  }

  /** Takes the line away, before something else is printed. */
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
    // A line that wraps could not be painted over.
    this.#output.write(`${ERASE_LINE}${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }
}
