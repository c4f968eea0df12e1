/** The steps of a run, for the operator. */
export interface Step {
  readonly at: string;
  readonly what: string;
}

export class Journal {
  readonly #onStep: (step: Step) => void;
  readonly #steps: Step[] = [];

  constructor(onStep: (step: Step) => void) {
    this.#onStep = onStep;
  }

  add(what: string): void {
    const step = { at: new Date().toISOString(), what };
    this.#steps.push(step);
    this.#onStep(step);
  }

  get steps(): readonly Step[] {
    return [...this.#steps];
  }
}
