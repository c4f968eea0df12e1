/** How often the watch makes sure that the process is awake. */
const BEAT_MS = 250;
/** A process that did nothing for so long was blocked, stopped or suspended. */
const ASLEEP_MS = 1_000;

/**
 * Notices that this process was not running for a second or more: blocked by synchronous work, stopped by a signal, frozen by its host (AWS Lambda,
 * a container that was paused), or suspended with its machine. What the network knew of its connections may be forgotten since.
 *
 * The monotonic clock stands still in some of these, so the wall clock is looked at as well. One that is set forward is taken for sleep.
 */
export class SleepWatch {
  readonly #woke: (sleptMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #elapsed = 0;
  #wall = 0;

  /** @param woke called with how long the process slept, in milliseconds */
  constructor(woke: (sleptMs: number) => void) {
    this.#woke = woke;
  }

  /** Starts to watch. Does not keep the process running. Twice does no harm. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#elapsed = performance.now();
    this.#wall = Date.now();
    this.#timer = setInterval(() => this.look(), BEAT_MS).unref();
  }

  /** Looks now: what woke the process may run before any timer does. Cheap: two clocks are read. */
  look(): void {
    if (this.#timer === undefined) return;
    const elapsed = performance.now();
    const wall = Date.now();
    const sleptMs = Math.max(elapsed - this.#elapsed, wall - this.#wall);
    this.#elapsed = elapsed;
    this.#wall = wall;
    if (sleptMs > ASLEEP_MS) this.#woke(sleptMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
