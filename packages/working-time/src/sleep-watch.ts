import { performance as performanceOfProcess } from 'node:perf_hooks';

/** How often the watch checks that the process is awake. */
const BEAT_MS = 250;
/** A process that waited this long without a beat was stopped or suspended. */
const ASLEEP_MS = 1_000;
/** A working process gets more than this share of a processor, even on a busy machine. */
const LEAST_SHARE = 0.05;

/**
 * Detects that this process did not run for a second or more: stopped by a signal, frozen by its host (AWS Lambda, a
 * paused container), or suspended with its machine. The network may have dropped its connections meanwhile.
 *
 * Synchronous work is not sleep. Only this time counts: time that the event loop waited although a beat was due; time
 * without use of the processor; and time that the monotonic clock missed, because it stops with some machines. A wall
 * clock that is set forward counts as sleep.
 *
 * All watches of a process share one timer; the first to detect a sleep reports it to all.
 */
export class SleepWatch {
  readonly #woke: (sleptMs: number) => void;

  /** @param woke called with the length of the sleep in milliseconds */
  constructor(woke: (sleptMs: number) => void) {
    this.#woke = woke;
  }

  /** Starts to watch. Does not keep the process running. Idempotent. */
  start(): void {
    heart.add(this.#woke);
  }

  /** Checks now, because the code that wakes the process may run before any timer. Cheap: it reads two clocks. */
  look(): void {
    heart.look();
  }

  stop(): void {
    heart.delete(this.#woke);
  }
}

/** The process sleeps as a whole, so one timer is enough for all its watches. */
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

/** Not the global `performance`: an application's tests may replace it by one without `eventLoopUtilization`. */
function waited(): number {
  return performanceOfProcess.eventLoopUtilization().idle;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
