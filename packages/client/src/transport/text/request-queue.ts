import type { Request } from './request.ts';

/**
 * The requests of one node in the order in which they were made: first those that were sent and wait for a reply, then
 * those not sent yet.
 *
 * A linked list through the requests themselves: putting in, sending, answering and taking one out from anywhere is one
 * step each, and there is no array that grows or moves. How long it gets is bounded by who fills it.
 */
export class RequestQueue {
  /** The oldest request that waits for a reply; the first unsent one when nothing is in flight. */
  head: Request | undefined = undefined;
  /** The first request that was not sent. */
  unsent: Request | undefined = undefined;
  /** All of them, abandoned ones included. */
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

  /** Gives the requests that came since the last call their deadline. */
  startTime(deadline: number): void {
    for (let request = this.#tail; request !== undefined && request.deadline === 0; request = request.previous)
      request.deadline = deadline;
  }

  /** Notes that the first unsent request was written. */
  markSent(request: Request): void {
    request.sent = true;
    this.unsent = request.next;
    this.unsentBytes -= request.bytes;
  }

  /** Takes the request off whose reply has come. */
  shift(request: Request): void {
    this.#unlink(request);
  }

  /**
   * Notes that nobody waits for `request` any more: an unsent one is gone, a sent one keeps its place until its reply
   * has come.
   */
  abandon(request: Request): void {
    if (request.sent) {
      request.abandoned = true;
      this.#abandoned += 1;
    } else {
      this.remove(request);
    }
  }

  /** Takes an unsent request out. */
  remove(request: Request): void {
    if (this.unsent === request) this.unsent = request.next;
    this.unsentBytes -= request.bytes;
    this.#unlink(request);
  }

  /** Makes the request that waits longest the first unsent one: it is to be sent again, in another form. */
  sendAgain(request: Request): void {
    this.#unlink(request);
    this.sendFirst(request);
  }

  /** Puts a request that is not in the queue before the unsent ones. */
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

  /** Empties the part that was sent: the connection is gone. */
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
    // A dead request that points at a live one would keep the collector from freeing young ones cheaply.
    request.next = undefined;
    request.previous = undefined;
    this.size -= 1;
    if (request.abandoned) {
      request.abandoned = false;
      this.#abandoned -= 1;
    }
  }
}
