import { performance as performanceOfProcess } from 'node:perf_hooks';

/** How often the watch makes sure that the process is awake. */
const BEAT_MS = 250;
/** A process that waited for so long without a beat was stopped or suspended. */
const ASLEEP_MS = 1_000;
/** A process that works gets more than this share of a processor, on a crowded machine too. */
const LEAST_SHARE = 0.05;

/**
 * Notices that this process was not running for a second or more: stopped by a signal, frozen by its host (AWS Lambda,
 * a container that was paused), or suspended with its machine. What the network knew of its connections may be
 * forgotten since.
 *
 * Synchronous work is not sleep: only time counts that the event loop spent waiting, though a beat was due; that passed
 * without the process using a processor; or that the monotonic clock does not know of, which stands still with some
 * machines. A wall clock that is set forward is taken for sleep.
 *
 * All watches of a process share one timer, and whichever looks first tells all.
 */
export class SleepWatch {
  readonly #woke: (sleptMs: number) => void;

  /** @param woke called with how long the process slept, in milliseconds */
  constructor(woke: (sleptMs: number) => void) {
    this.#woke = woke;
  }

  /** Starts to watch. Does not keep the process running. Twice does no harm. */
  start(): void {
    heart.add(this.#woke);
  }

  /** Looks now: what woke the process may run before any timer does. Cheap: two clocks are read. */
  look(): void {
    heart.look();
  }

  stop(): void {
    heart.delete(this.#woke);
  }
}

/** The process sleeps as a whole, so that one timer is enough for all its watches. */
class Heart {
  readonly #listeners = new Set<(sleptMs: number) => void>();
  #timer: NodeJS.Timeout | undefined;
  #elapsed = 0;
  #wall = 0;
  /** Milliseconds that the event loop had spent waiting at the last beat. */
  #waited = 0;
  /** Milliseconds of processor time that the process had used at the last beat. */
  #used = 0;

  add(listener: (sleptMs: number) => void): void {
    this.#listeners.add(listener);
    if (this.#timer !== undefined) return;
    this.#elapsed = performance.now();
    this.#wall = Date.now();
    this.#note();
    this.#timer = setInterval(this.#beat, BEAT_MS).unref();
  }

  delete(listener: (sleptMs: number) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  look(): void {
    if (this.#timer === undefined) return;
    const elapsed = performance.now();
    const wall = Date.now();
    const passed = elapsed - this.#elapsed;
    const unknown = Math.max(0, wall - this.#wall - passed);
    this.#elapsed = elapsed;
    this.#wall = wall;
    if (passed + unknown <= ASLEEP_MS) return;
    const { idle, used } = { idle: waited() - this.#waited, used: processorMs() - this.#used };
    this.#note();
    const sleptMs = unknown + (used < LEAST_SHARE * passed ? passed : idle);
    if (sleptMs > ASLEEP_MS) for (const listener of this.#listeners) listener(sleptMs);
  }

  readonly #beat = (): void => {
    this.look();
    this.#note();
  };

  #note(): void {
    this.#waited = waited();
    this.#used = processorMs();
  }
}

const heart = new Heart();

/** Tests of an application replace the global `performance` by one that knows no event loop. */
function waited(): number {
  return performanceOfProcess.eventLoopUtilization().idle;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
