/** Simulated time that jumps from event to event, without a real clock. */
import type { CancelTimer, Clock } from '../../src/clock.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Whether it may settle promises. */
  readonly wakes: boolean;
  cancelled: boolean;
}

const SETTLED: Promise<void> = Promise.resolve();

export class VirtualTime {
  readonly #events: Event[] = [];
  #order = 0;
  /** Milliseconds since the start. */
  now = 0;

  at(delayMs: number, run: () => void): CancelTimer {
    const event = this.#plan(delayMs, run, true);
    return () => {
      event.cancelled = true;
    };
  }

  /** For events that settle no promise and call no client: the next event need not wait for promise callbacks. */
  quietly(delayMs: number, run: () => void): void {
    this.#plan(delayMs, run, false);
  }

  /**
   * Runs events up to `until`, or until `isOver` returns true after an event. All promise callbacks of an event run
   * before the next event.
   */
  async run(until: number, isOver: () => boolean): Promise<void> {
    // Lets the event loop turn once, which is blocked within a run.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        try {
          if (isOver() || !this.#next(until)) return resolve();
        } catch (error) {
          return reject(error);
        }
        void SETTLED.then(afterwards);
      };
      // Node.js runs `nextTick` callbacks when no promise callback is left, so after those of this event.
      const afterwards = (): void => process.nextTick(turn);
      turn();
    });
  }

  #plan(delayMs: number, run: () => void, wakes: boolean): Event {
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, run, wakes, cancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs events up to the first that may settle promises. Returns `false` if there is none before `until`. */
  #next(until: number): boolean {
    for (;;) {
      const event = this.#events[0];
      if (event === undefined || event.at > until) {
        this.now = Math.max(this.now, until);
        return false;
      }
      this.#pop();
      if (event.cancelled) continue;
      this.now = event.at;
      event.run();
      if (event.wakes) return true;
    }
  }

  #push(event: Event): void {
    const heap = this.#events;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Event;
      if (isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (isBefore(last, heap[child] as Event)) break;
      heap[index] = heap[child] as Event;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** The start of every simulation, milliseconds since 1970. */
export const EPOCH_MS: number = Date.UTC(2030, 0, 1);

/**
 * The clock of one process, off by `skewMs`. The timers of a frozen process fire late, when it resumes, as after a real
 * SIGSTOP.
 */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  /** Offset of the wall clock, milliseconds. */
  skewMs: number;
  /** Total time for which the machine was suspended, milliseconds. */
  #suspendedMs = 0;
  #suspendedAt: number | undefined;
  #frozen = false;
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(time: VirtualTime, skewMs: number) {
    this.#time = time;
    this.skewMs = skewMs;
  }

  now(): number {
    return EPOCH_MS + Math.floor(this.#time.now + this.skewMs);
  }

  elapsed(): number {
    return (this.#suspendedAt ?? this.#time.now) - this.#suspendedMs;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    let cancelled = false;
    const cancel = this.#time.at(delayMs, () => {
      this.run(() => {
        if (!cancelled) callback();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Runs `callback` now, or when the process resumes; never after it was killed. */
  run(callback: () => void): void {
    if (this.#ended) return;
    if (this.#frozen) this.#waiting.push(callback);
    else callback();
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** Freezes the process and its monotonic clock, like a suspended machine. */
  suspend(): void {
    this.freeze();
    this.#suspendedAt ??= this.#time.now;
  }

  goOn(): void {
    if (this.#suspendedAt !== undefined) this.#suspendedMs += this.#time.now - this.#suspendedAt;
    this.#suspendedAt = undefined;
    this.#frozen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.run(callback);
  }

  kill(): void {
    this.#ended = true;
    this.#waiting = [];
  }
}
