/** Tells when a request is due, with one timer for all: each has the same time, so the first one in is the first one due. */
export class Deadlines<R extends { readonly dueAt: number }> {
  readonly #requests: Set<R> = new Set();
  readonly #onDue: (request: R) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue - called for a request that is due, after it was taken out */
  constructor(onDue: (request: R) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#requests.size;
  }

  add(request: R): void {
    this.#requests.add(request);
    this.#timer ??= this.#arm(request);
  }

  /** The timer ends with the last request. */
  delete(request: R): void {
    this.#requests.delete(request);
    if (this.#requests.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  values(): readonly R[] {
    return [...this.#requests];
  }

  #arm(first: R): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), Math.max(1, Math.ceil(first.dueAt - performance.now())));
  }

  /** In this order, because what is told may bring new requests. */
  #expire(): void {
    const now = performance.now();
    const due: R[] = [];
    let next: R | undefined;
    for (const request of this.#requests) {
      if (request.dueAt > now) {
        next = request;
        break;
      }
      due.push(request);
    }
    for (const request of due) this.#requests.delete(request);
    this.#timer = next && this.#arm(next);
    for (const request of due) this.#onDue(request);
  }
}
