/** Slices per deadline: a process that was blocked loses at most one slice of its time. */
const SLICES = 8;
const SHORTEST_SLICE_MS = 5;
const LONGEST_SLICE_MS = 100;

export interface WorkingClockOptions {
  /** Whether a running deadline keeps the process running. Default `true`. */
  readonly keepAlive?: boolean;
}

/**
 * A clock that runs while this process can work, with one deadline at a time.
 *
 * While the process is blocked by synchronous work, stopped, or suspended with its machine, it can't read an answer
 * that has arrived. An ordinary deadline expires meanwhile and blames the other side. Here such time does not count:
 * the clock waits in slices, and a slice that ends late counts only its own length. After the deadline, pending I/O
 * runs before the callback.
 *
 * Between deadlines it is an ordinary clock.
 */
export class WorkingClock {
  readonly #keepAlive: boolean;
  /** Total milliseconds by which slices ended late. */
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

  /** Milliseconds from some fixed moment. It stops at the end of a slice until the process handles that. */
  now(): number {
    return Math.min(performance.now(), this.#sliceEndsAt) - this.#lostMs;
  }

  /** Whether a deadline is running. */
  get running(): boolean {
    return this.#callback !== undefined;
  }

  /** Calls `callback` once this process has worked for `ms`. Replaces a running deadline. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#callback = callback;
    this.#deadline = this.now() + ms;
    this.#sliceMs = Math.min(LONGEST_SLICE_MS, Math.max(SHORTEST_SLICE_MS, ms / SLICES));
    this.#wait(ms);
  }

  /** Cancels the deadline. Idempotent. */
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
    // Timers of Node.js may fire a fraction of a millisecond early.
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

/** Calls `callback` once this process has worked for `ms`, unless the returned function is called before. */
export function afterWorking(ms: number, callback: () => void): () => void {
  const clock = new WorkingClock();
  clock.start(ms, callback);
  return () => clock.stop();
}
