import { WorkingClock } from '@sess/working-time';
import type { Request } from './request.ts';
import type { RequestQueue } from './request-queue.ts';

/** A connection that answers nothing for so many timeouts, while requests wait, is dropped. */
const STALLED_TIMEOUTS = 2;

export interface DeadlineEvents {
  /** Nobody waits for `request` any longer than its deadline. */
  expired(request: Request): void;
  /** Nothing was answered for `ms` while a sent request waited. */
  stalled(ms: number): void;
}

/**
 * One timer for all requests of a node. As every request has the same time, they run out in the order of the queue.
 *
 * A request's time begins when it is to be written, not when it was asked for; time in which this process was blocked
 * or stopped does not count; and what the socket has waiting is read before a request is given up. A process that was
 * busy must not blame the node.
 */
export class Deadlines {
  readonly #queue: RequestQueue;
  readonly #timeoutMs: number;
  readonly #events: DeadlineEvents;
  // Requests keep the process running by themselves, and nothing need run after them.
  readonly #clock = new WorkingClock({ keepAlive: false });
  /** The request that waited longest for a reply at the last check, and since when it is so. */
  #oldest: Request | undefined;
  #oldestSince = 0;

  constructor(queue: RequestQueue, timeoutMs: number, events: DeadlineEvents) {
    this.#queue = queue;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
  }

  /** The time of the requests that came since the last call begins. */
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
        // The time of what was just asked for has not begun.
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

  /** When the request that waits longest for a reply will have waited too long. */
  #stalledAt(now: number): number {
    const oldest = this.#queue.awaiting;
    if (oldest === undefined) {
      this.#oldest = undefined;
      return Number.POSITIVE_INFINITY;
    }
    if (oldest !== this.#oldest) {
      // Answers came since the last check, or nothing was waiting then.
      this.#oldest = oldest;
      this.#oldestSince = now;
    }
    return this.#oldestSince + STALLED_TIMEOUTS * this.#timeoutMs;
  }
}
