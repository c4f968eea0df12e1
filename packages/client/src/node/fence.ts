/**
 * The fence of a node: a short random token, replaced whenever a change of owners is published on the node, or another
 * node has lost its memory. A writer reads it behind its write, on the same connection. A publisher stores the history,
 * then a new token, and only then reads records. The node executes both in order, so at least one of the two sees the
 * other's change, without trusting a clock.
 *
 * A client compares with the token that it read before it read the history. A missing token proves nothing, so it
 * counts as a change.
 */

/** The node's token under the key of each seal; `undefined` if it has none. */
export type Tokens = readonly (Buffer | undefined)[];

/** Most requests of one turn that share a check: with more, each would wait longer for the others. */
const MAX_SHARES = 32;
const SETTLED: Promise<void> = Promise.resolve();

/** One read of the fence, behind the requests of a turn. */
export class FenceCheck {
  /** Whether the fence was unchanged when the node executed the requests; `undefined` until the node answers. */
  holds: boolean | undefined;
  /** Resolves to `holds`. Never rejects: `false` if the node does not answer, because the fence may have changed. */
  readonly answer: Promise<boolean>;
  /** Number of requests that share this read. */
  shares = 0;
  #settle: (holds: boolean) => void = () => undefined;

  constructor() {
    this.answer = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  settle(holds: boolean): void {
    this.holds = holds;
    this.#settle(holds);
  }
}

/** A period of a node in which its fence did not change. */
export interface FencePeriod {
  /** The node's `host:port`. */
  readonly id: string;
}

/** Reads the token under `key` and passes it to `take` at once. */
export type TokenReader = <T>(key: string, take: (token: Buffer | undefined) => T) => Promise<T>;

export class Fence {
  readonly #keys: readonly string[];
  readonly #token: TokenReader;
  readonly #nodeId: string;
  #actedBy: Tokens | undefined;
  /** The tokens that were read last. */
  #seen: Tokens = [];
  #period: FencePeriod;
  /** Shared by the requests of this turn. */
  #pending: FenceCheck | undefined;

  constructor(nodeId: string, keys: readonly string[], token: TokenReader) {
    this.#nodeId = nodeId;
    this.#keys = keys;
    this.#token = token;
    this.#period = { id: nodeId };
  }

  /**
   * A new object after each change of the fence. A proxy can hide a restart of memcached, which then counts CAS numbers
   * from 1 again: a number from an earlier period may belong to another item. The restart removes the fence.
   */
  get period(): FencePeriod {
    return this.#period;
  }

  /** Whether this client has read the fence of this node. */
  get isKnown(): boolean {
    return this.#actedBy !== undefined;
  }

  /**
   * Sets the tokens that were read before the history this client now acts by; `undefined` if that history could not be
   * read.
   */
  actBy(tokens: Tokens | undefined): void {
    if (tokens !== undefined) this.#see(tokens);
    this.#actedBy = tokens;
  }

  /** The node's current token under the key of a seal. */
  read(key: string): Promise<Buffer | undefined> {
    return this.#token(key, (token) => token);
  }

  /** Reads the fence behind the request just made, in the same write. */
  check(): FenceCheck {
    const check = this.#pending ?? this.#begin();
    check.shares += 1;
    if (check.shares === MAX_SHARES) this.#send(check);
    return check;
  }

  #begin(): FenceCheck {
    const check = new FenceCheck();
    this.#pending = check;
    // After the other requests of this turn.
    void SETTLED.then(() => this.#send(check));
    return check;
  }

  #send(check: FenceCheck): void {
    if (this.#pending !== check) return;
    this.#pending = undefined;
    const tokens: (Buffer | undefined)[] = [];
    let missing = this.#keys.length;
    for (const [index, key] of this.#keys.entries()) {
      this.#token(key, (token) => {
        tokens[index] = token;
        missing -= 1;
        if (missing === 0) check.settle(this.#compare(tokens));
      }).catch(() => {
        this.#actedBy = undefined;
        check.settle(false);
      });
    }
  }

  #compare(tokens: Tokens): boolean {
    const holds = this.#actedBy !== undefined && isSame(this.#actedBy, tokens);
    if (!holds) {
      this.#see(tokens);
      this.#actedBy = undefined;
    }
    return holds;
  }

  #see(tokens: Tokens): void {
    if (this.#seen.length === tokens.length && isSame(this.#seen, tokens)) return;
    this.#seen = tokens;
    this.#period = { id: this.#nodeId };
  }
}

function isSame(one: Tokens, other: Tokens): boolean {
  return one.every((token, index) => token !== undefined && other[index]?.equals(token) === true);
}
