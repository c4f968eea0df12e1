import type { Request } from './request.ts';

/**
 * The requests of one node in order: first the sent ones that wait for a reply, then the unsent ones.
 *
 * A linked list through the requests themselves: adding, sending, answering and removing take constant time. The caller
 * bounds its length.
 */
export class RequestQueue {
  /** The oldest request that waits for a reply; the first unsent one if none is in flight. */
  head: Request | undefined = undefined;
  /** The first unsent request. */
  unsent: Request | undefined = undefined;
  /** Number of requests, abandoned ones included. */
  size: number = 0;
  /** Bytes of the unsent requests. */
  unsentBytes: number = 0;
  #tail: Request | undefined = undefined;
  #abandoned = 0;

  /** Requests whose promise is pending. */
  get pending(): number {
    return this.size - this.#abandoned;
  }

  /** The request that the next reply answers. */
  get awaiting(): Request | undefined {
    return this.head === this.unsent ? undefined : this.head;
  }

  push(request: Request): void {
    const tail = this.#tail;
    if (tail === undefined) this.head = request;
    else {
      tail.next = request;
      request.previous = tail;
    }
    this.#tail = request;
    this.unsent ??= request;
    this.size += 1;
    this.unsentBytes += request.bytes;
  }

  /** Sets the deadline of the requests added since the last call. */
  startTime(deadline: number): void {
    for (let request = this.#tail; request !== undefined && request.deadline === 0; request = request.previous)
      request.deadline = deadline;
  }

  /** Removes the deadlines of the unsent requests. */
  stopTime(): void {
    for (let request = this.unsent; request !== undefined; request = request.next) request.deadline = 0;
  }

  /** Marks the first unsent request as sent. */
  markSent(request: Request): void {
    request.sent = true;
    this.unsent = request.next;
    this.unsentBytes -= request.bytes;
  }

  /** Removes the request whose reply has come. */
  shift(request: Request): void {
    this.#unlink(request);
  }

  /**
   * Nobody waits for `request` any more: removes an unsent one; a sent one keeps its place until its reply has come.
   */
  abandon(request: Request): void {
    if (request.sent) {
      request.abandoned = true;
      this.#abandoned += 1;
    } else {
      this.remove(request);
    }
  }

  /** Removes an unsent request. */
  remove(request: Request): void {
    if (this.unsent === request) this.unsent = request.next;
    this.unsentBytes -= request.bytes;
    this.#unlink(request);
  }

  /** Moves the oldest sent request to the front of the unsent ones. */
  sendAgain(request: Request): void {
    this.#unlink(request);
    this.sendFirst(request);
  }

  /** Inserts a new request before the unsent ones. */
  sendFirst(request: Request): void {
    request.sent = false;
    const after = this.unsent;
    if (after === undefined) {
      this.push(request);
      return;
    }
    request.next = after;
    request.previous = after.previous;
    if (after.previous === undefined) this.head = request;
    else after.previous.next = request;
    after.previous = request;
    this.unsent = request;
    this.size += 1;
    this.unsentBytes += request.bytes;
  }

  /** Removes and returns the sent requests: the connection is lost. */
  takeSent(): Request[] {
    const taken: Request[] = [];
    while (this.awaiting !== undefined) {
      taken.push(this.awaiting);
      this.#unlink(this.awaiting);
    }
    return taken;
  }

  takeAll(): Request[] {
    const taken = this.takeSent();
    while (this.unsent !== undefined) {
      taken.push(this.unsent);
      this.remove(this.unsent);
    }
    return taken;
  }

  #unlink(request: Request): void {
    const { next, previous } = request;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    // An old, dead request that points at a young one would keep it alive through minor garbage collections.
    request.next = undefined;
    request.previous = undefined;
    this.size -= 1;
    if (request.abandoned) {
      request.abandoned = false;
      this.#abandoned -= 1;
    }
  }
}
