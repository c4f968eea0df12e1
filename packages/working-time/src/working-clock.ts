/** A deadline is waited for in so many slices: a process that is late for one loses no more of its time than that. */
const SLICES = 8;
const SHORTEST_SLICE_MS = 5;
const LONGEST_SLICE_MS = 100;

export interface WorkingClockOptions {
  /** Whether a deadline that is waited for keeps the process running. Default true. */
  readonly keepAlive?: boolean;
}

/**
 * A clock that runs while this process can work, with one deadline at a time.
 *
 * While the process is blocked by synchronous work, stopped, or suspended with its machine, nobody can read an answer
 * that has come. A deadline in ordinary time runs out meanwhile, and the other side gets the blame. Here such time does
 * not count: the deadline is waited for in slices, and of a slice that ends late, only its own length counts. When it
 * has run out, the I/O that is due is done before the callback is called.
 *
 * Between deadlines it is an ordinary clock.
 */
export class WorkingClock {
  readonly #keepAlive: boolean;
  /** Milliseconds by which slices ended late, all together. */
  #lostMs = 0;
  #deadline = 0;
  #sliceEndsAt = Number.POSITIVE_INFINITY;
  #sliceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastIo: NodeJS.Immediate | undefined;
  #callback: (() => void) | undefined;

  constructor({ keepAlive = true }: WorkingClockOptions = {}) {
    this.#keepAlive = keepAlive;
  }

  /**
   * Milliseconds from some fixed moment. It stands still from the end of a slice until the process gets to know of it.
   */
  now(): number {
    return Math.min(performance.now(), this.#sliceEndsAt) - this.#lostMs;
  }

  /** Whether a deadline is waited for. */
  get running(): boolean {
    return this.#callback !== undefined;
  }

  /** Calls `callback` once, when this process has worked for `ms`. A deadline that was waited for is given up. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#callback = callback;
    this.#deadline = this.now() + ms;
    this.#sliceMs = Math.min(LONGEST_SLICE_MS, Math.max(SHORTEST_SLICE_MS, ms / SLICES));
    this.#wait(ms);
  }

  /** Waits no longer. Twice does no harm. */
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastIo);
    this.#timer = undefined;
    this.#lastIo = undefined;
    this.#callback = undefined;
    this.#endSlice();
  }

  #wait(ms: number): void {
    const slice = Math.max(1, Math.ceil(Math.min(ms, this.#sliceMs)));
    this.#sliceEndsAt = performance.now() + slice;
    this.#timer = setTimeout(this.#sliceIsOver, slice);
    if (!this.#keepAlive) this.#timer.unref();
  }

  readonly #sliceIsOver = (): void => {
    this.#timer = undefined;
    this.#endSlice();
    const left = this.#deadline - this.now();
    // Timers of Node.js may be a fraction of a millisecond early.
    if (left >= 1) this.#wait(left);
    else this.#lastIo = setImmediate(this.#timeIsUp);
  };

  #endSlice(): void {
    this.#lostMs += Math.max(0, performance.now() - this.#sliceEndsAt);
    this.#sliceEndsAt = Number.POSITIVE_INFINITY;
  }

  readonly #timeIsUp = (): void => {
    this.#lastIo = undefined;
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  };
}

/** Calls `callback` once, when this process has worked for `ms`, unless what is returned was called before. */
export function afterWorking(ms: number, callback: () => void): () => void {
  const clock = new WorkingClock();
  clock.start(ms, callback);
  return () => clock.stop();
}
