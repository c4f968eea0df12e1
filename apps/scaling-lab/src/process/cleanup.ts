/** What has to be closed at the end, whatever the end: the last thing opened is closed first. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  /** Remembers to run `step`; at once when the end has come already. */
  add(step: () => Promise<void>): void {
    if (this.#running === undefined) this.#steps.push(step);
    else this.#running = this.#running.then(step);
  }

  /** Runs every step, also after one that failed, and rejects with the first failure. Twice does no harm. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
