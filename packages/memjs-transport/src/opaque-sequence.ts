const LAST_OPAQUE = 0xffff_ffff;

/**
 * Numbers requests from 1 to 2^32 - 1, then again from 1. 0 is for the handshake.
 *
 * memjs's own numbers become negative after 2^31 requests, and then it throws on every one. A number repeats after 2^32
 * requests, when the earlier request with it is long over.
 */
export class OpaqueSequence {
  #last: number;

  constructor(last = 0) {
    this.#last = last;
  }

  next(): number {
    this.#last = this.#last === LAST_OPAQUE ? 1 : this.#last + 1;
    return this.#last;
  }
}
