import { WorkingClock } from '@sess/working-time';
import type { Request } from './request.ts';
import type { RequestQueue } from './request-queue.ts';

/** A connection without any reply for this many timeouts is dropped while requests wait. */
const STALLED_TIMEOUTS = 2;

export interface DeadlineEvents {
  /** The deadline of `request` passed. */
  expired(request: Request): void;
  /** No reply came for `ms` while a sent request waited. */
  stalled(ms: number): void;
}

/**
 * One timer for all requests of a node. All have the same timeout, so they expire in the order of the queue.
 *
 * A busy process must not blame the node. So the time of a request begins when the request is due to be written, not
 * when the caller made it, and begins again if the request waited for a probe after this process slept. Time in which
 * this process was blocked or stopped does not count. The socket is read before a request times out.
 */
export class Deadlines {
  readonly #queue: RequestQueue;
  readonly #timeoutMs: number;
  readonly #events: DeadlineEvents;
  // Pending requests keep the process running by themselves.
  readonly #clock = new WorkingClock({ keepAlive: false });
  /** The request that waited longest at the last check, and when it was first seen as such. */
  #oldest: Request | undefined;
  #oldestSince = 0;

  constructor(queue: RequestQueue, timeoutMs: number, events: DeadlineEvents) {
    this.#queue = queue;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
  }

  /** Restarts the time of all unsent requests. */
  restart(): void {
    this.#queue.stopTime();
    this.start();
  }

  /** Starts the time of the requests queued since the last call. */
  start(): void {
    this.#queue.startTime(Math.ceil(this.#clock.now() + this.#timeoutMs));
    if (!this.#clock.running) this.#clock.start(this.#timeoutMs, this.#check);
  }

  clear(): void {
    this.#clock.stop();
    this.#oldest = undefined;
  }

  readonly #check = (): void => {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (let request = this.#queue.head; request !== undefined;) {
      const after: Request | undefined = request.next;
      if (!request.settled) {
        // The time of this request has not begun, nor that of any request behind it.
        if (request.deadline === 0) break;
        if (request.deadline > now) {
          next = request.deadline;
          break;
        }
        this.#events.expired(request);
      }
      request = after;
    }
    const stalledAt = this.#stalledAt(now);
    if (stalledAt <= now) {
      this.#oldest = undefined;
      this.#events.stalled(STALLED_TIMEOUTS * this.#timeoutMs);
    }
    next = Math.min(next, stalledAt > now ? stalledAt : Number.POSITIVE_INFINITY);
    if (!this.#clock.running && next < Number.POSITIVE_INFINITY)
      this.#clock.start(Math.max(1, next - now), this.#check);
  };

  /** When the connection counts as stalled. */
  #stalledAt(now: number): number {
    const oldest = this.#queue.awaiting;
    if (oldest === undefined) {
      this.#oldest = undefined;
      return Number.POSITIVE_INFINITY;
    }
    if (oldest !== this.#oldest) {
      // A reply came since the last check, or no request waited then.
      this.#oldest = oldest;
      this.#oldestSince = now;
    }
    return this.#oldestSince + STALLED_TIMEOUTS * this.#timeoutMs;
  }
}
