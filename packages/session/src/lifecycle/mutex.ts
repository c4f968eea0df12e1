/** Runs operations one after another; a failed one does not stop the next. */
export class Mutex {
  #last: Promise<void> | undefined;
  #waiting = 0;

  /** Resolves when all running operations have ended; `undefined` when none runs. Never rejects. */
  get idle(): Promise<void> | undefined {
    return this.#last;
  }

  /** Starts `operation` once those before it have ended: synchronously if there are none. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#last === undefined ? operation() : this.#last.then(operation);
    // The caller gets the failure; the next operation only waits for the end.
    this.#last = result.then(this.#ended, this.#ended);
    return result;
  }

  readonly #ended = (): void => {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#last = undefined;
  };
}
