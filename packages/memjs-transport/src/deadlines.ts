/** Tells when a request is due, with one timer for all: each has the same time, so the first one in is the first one due. */
export class Deadlines<R extends { readonly dueAt: number }> {
  readonly #requests: Set<R> = new Set();
  readonly #onDue: (request: R) => void;
  /** Ends the timer that is running, if one is. */
  #cancel: (() => void) | undefined;

  /** @param onDue - called for a request that is due, after it was taken out */
  constructor(onDue: (request: R) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#requests.size;
  }

  add(request: R): void {
    this.#requests.add(request);
    this.#cancel ??= this.#arm(request);
  }

  /** The timer ends with the last request. */
  delete(request: R): void {
    this.#requests.delete(request);
    if (this.#requests.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  values(): readonly R[] {
    return [...this.#requests];
  }

  #arm(first: R): () => void {
    const timer = setTimeout(
      () => {
        // A process that was busy has answers waiting in its sockets: these are read before this turn of the event loop comes to its end.
        const endOfTurn = setImmediate(() => this.#expire());
        this.#cancel = () => clearImmediate(endOfTurn);
      },
      Math.max(1, Math.ceil(first.dueAt - performance.now())),
    );
    return () => clearTimeout(timer);
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
    this.#cancel = next && this.#arm(next);
    for (const request of due) this.#onDue(request);
  }
}
