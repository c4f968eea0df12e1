/** What was done, step by step: for the person who looks afterwards. */
export interface Step {
  readonly at: string;
  readonly what: string;
}

export class Journal {
  readonly #tell: (step: Step) => void;
  readonly #steps: Step[] = [];

  constructor(tell: (step: Step) => void) {
    this.#tell = tell;
  }

  add(what: string): void {
    const step = { at: new Date().toISOString(), what };
    this.#steps.push(step);
    this.#tell(step);
  }

  get steps(): readonly Step[] {
    return [...this.#steps];
  }
}
