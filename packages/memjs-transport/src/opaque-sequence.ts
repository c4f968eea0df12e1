const LAST_OPAQUE = 0xffff_ffff;

/**
 * Numbers requests from 1 to 2^32 - 1 and again from 1. 0 is left to the handshake.
 *
 * memjs's own numbers turn negative after 2^31 requests, and it then throws on every one. By the time a number comes
 * again, four thousand million requests later, the one that had it before is long gone with its connection.
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
