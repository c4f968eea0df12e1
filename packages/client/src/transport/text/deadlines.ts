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
 * When the timer fires, what the socket has waiting is read first: a process that was busy must not blame the node.
 */
export class Deadlines {
  readonly #queue: RequestQueue;
  readonly #timeoutMs: number;
  readonly #events: DeadlineEvents;
  #timer: NodeJS.Timeout | undefined;
  #checking: NodeJS.Immediate | undefined;
  /** The request that waited longest for a reply at the last check, and since when it is so. */
  #oldest: Request | undefined;
  #oldestSince = 0;

  constructor(queue: RequestQueue, timeoutMs: number, events: DeadlineEvents) {
    this.#queue = queue;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
  }

  /** Sees to it that a request made `now` is looked at when its time is over. */
  watch(): void {
    if (this.#timer === undefined && this.#checking === undefined) this.#arm(this.#timeoutMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#checking);
    this.#timer = undefined;
    this.#checking = undefined;
    this.#oldest = undefined;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#checking = setImmediate(() => {
        this.#checking = undefined;
        this.#check(performance.now());
      });
    }, ms);
    // The socket keeps the process running while requests wait, and nothing need run after them.
    this.#timer.unref();
  }

  #check(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (let request = this.#queue.head; request !== undefined;) {
      const after: Request | undefined = request.next;
      if (!request.settled) {
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
    if (this.#timer === undefined && next < Number.POSITIVE_INFINITY) this.#arm(Math.max(1, next - now));
  }

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
