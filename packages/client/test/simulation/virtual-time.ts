/** Time that moves from event to event. Nothing in a simulation waits for a real clock. */
import type { CancelTimer, Clock } from '../../src/clock.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Whether promises may go on because of it. */
  readonly wakes: boolean;
  cancelled: boolean;
}

const SETTLED: Promise<void> = Promise.resolve();

export class VirtualTime {
  readonly #events: Event[] = [];
  #order = 0;
  /** Milliseconds since the beginning. */
  now = 0;

  at(delayMs: number, run: () => void): CancelTimer {
    const event = this.#plan(delayMs, run, true);
    return () => {
      event.cancelled = true;
    };
  }

  /** For what settles no promise and calls no client: the next event need not wait until promises have gone on. */
  quietly(delayMs: number, run: () => void): void {
    this.#plan(delayMs, run, false);
  }

  /**
   * Runs events up to `until`, or to the first after which `isOver` says that it is enough. The promises that an event
   * settled have gone on, as far as they can, before the next one runs.
   */
  async run(until: number, isOver: () => boolean): Promise<void> {
    // What else the process has to do gets its turn between two runs: within one, the event loop stands still.
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
      // Node.js begins with what was put off by `nextTick` once no promise can go on, so not before the promises of
      // this event are through.
      const afterwards = (): void => process.nextTick(turn);
      turn();
    });
  }

  #plan(delayMs: number, run: () => void, wakes: boolean): Event {
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, run, wakes, cancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs events up to the first that promises may go on from. `false` when there is none before `until`. */
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

/** The moment at which every simulation begins, milliseconds since 1970. */
export const EPOCH_MS: number = Date.UTC(2030, 0, 1);

/**
 * The clock of one process: off by `skewMs`, and stopped while the process is frozen. A frozen process' timers fire
 * when it goes on, late, as they do after a real SIGSTOP.
 */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  /** How far the wall clock is off, milliseconds. */
  skewMs: number;
  /** How long the machine was suspended, clocks and all, milliseconds. */
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

  /** Runs `callback` now, or when the process goes on; never after it was killed. */
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

  /**
   * Frozen, and the clock that never runs backwards stands still as well, as that of a machine that is suspended does.
   */
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
