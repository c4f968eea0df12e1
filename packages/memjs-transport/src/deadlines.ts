import { WorkingClock } from '@sess/working-time';

/**
 * Times out requests with one timer for all: each has the same timeout, so the first one in is the first one due.
 *
 * The time of a request begins when its turn of the event loop ends, because it is written then. It begins again if the
 * request had to wait for a probe after this process slept. Time in which this process was blocked or stopped does not
 * count.
 */
export class Deadlines<R extends object> {
  /** When each request is due; 0 before its time begins. */
  readonly #requests: Map<R, number> = new Map();
  readonly #timeoutMs: number;
  readonly #onDue: (request: R) => void;
  readonly #clock = new WorkingClock({ keepAlive: false });
  #fresh: R[] = [];
  #endOfTurn: NodeJS.Immediate | undefined;

  /** @param onDue - called for a request that is due, after its removal */
  constructor(timeoutMs: number, onDue: (request: R) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Milliseconds of working time of this process, from some fixed moment. */
  now(): number {
    return this.#clock.now();
  }

  add(request: R): void {
    this.#requests.set(request, 0);
    this.#fresh.push(request);
    this.#endOfTurn ??= setImmediate(() => this.#begin());
  }

  /** Restarts the time of a request. */
  restart(request: R): void {
    this.#requests.delete(request);
    this.add(request);
  }

  /** Stops the timer with the last request. */
  delete(request: R): void {
    this.#requests.delete(request);
    if (this.#requests.size > 0) return;
    clearImmediate(this.#endOfTurn);
    this.#endOfTurn = undefined;
    this.#fresh = [];
    this.#clock.stop();
  }

  values(): readonly R[] {
    return [...this.#requests.keys()];
  }

  #begin(): void {
    this.#endOfTurn = undefined;
    const dueAt = this.#clock.now() + this.#timeoutMs;
    for (const request of this.#fresh) if (this.#requests.has(request)) this.#requests.set(request, dueAt);
    this.#fresh = [];
    if (!this.#clock.running) this.#clock.start(this.#timeoutMs, this.#expire);
  }

  /** Removes all due requests before `onDue`, which may add new ones. */
  readonly #expire = (): void => {
    const now = this.#clock.now();
    const due: R[] = [];
    for (const [request, dueAt] of this.#requests) {
      if (dueAt === 0) break;
      // Timers may fire a fraction of a millisecond early.
      if (dueAt >= now + 1) {
        this.#clock.start(dueAt - now, this.#expire);
        break;
      }
      due.push(request);
    }
    for (const request of due) this.#requests.delete(request);
    for (const request of due) this.#onDue(request);
  };
}
