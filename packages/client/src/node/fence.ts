/**
 * The fence of a node: a random token of a few bytes, which changes whenever the node is told of something that decides
 * owners. A writer looks at it behind its write, on the same connection; whoever publishes a view stores the history,
 * then a new token, and only then looks at records. A node carries out both in order, so at least one of the two sees
 * what the other did: no clock has to be trusted.
 *
 * The token that a client acts by is the one that it read before it read the history. No token says nothing, and counts
 * as a change.
 */

/** What a node shows under the key of each seal; `undefined` where it has none. */
export type Tokens = readonly (Buffer | undefined)[];

/** So many requests of one turn share a look: with fewer looks, answers would wait for others longer. */
const LOOK_EVERY = 16;
const SETTLED: Promise<void> = Promise.resolve();

/** A look at the fence, behind the requests of a turn. */
export class FenceLook {
  /** Whether nothing changed before the node carried them out; `undefined` until it has answered. */
  holds: boolean | undefined;
  /** The same, when it is known. Never rejects: a node that does not tell may have been told of a change. */
  readonly answer: Promise<boolean>;
  /** Requests that share it. */
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

/** Reads the token under a key, and hands it to `take` as soon as it is there. */
export type TokenReader = <T>(key: string, take: (token: Buffer | undefined) => T) => Promise<T>;

export class Fence {
  readonly #keys: readonly string[];
  readonly #token: TokenReader;
  #actedBy: Tokens | undefined;
  /** Shared by what is sent in this turn. */
  #pending: FenceLook | undefined;

  constructor(keys: readonly string[], token: TokenReader) {
    this.#keys = keys;
    this.#token = token;
  }

  /** Whether this client knows what it acts by on this node. */
  get isKnown(): boolean {
    return this.#actedBy !== undefined;
  }

  /**
   * What was read of the history behind these tokens is acted on from now on; `undefined` when it could not be read.
   */
  actBy(tokens: Tokens | undefined): void {
    this.#actedBy = tokens;
  }

  /** What the node shows now under the key of a seal. */
  read(key: string): Promise<Buffer | undefined> {
    return this.#token(key, (token) => token);
  }

  /** Looks behind the request that was made just now, and leaves with it. */
  look(): FenceLook {
    const look = this.#pending ?? this.#begin();
    look.shares += 1;
    if (look.shares === LOOK_EVERY) this.#send(look);
    return look;
  }

  #begin(): FenceLook {
    const look = new FenceLook();
    this.#pending = look;
    // When all that goes on in this turn has made its requests.
    void SETTLED.then(() => this.#send(look));
    return look;
  }

  #send(look: FenceLook): void {
    if (this.#pending !== look) return;
    this.#pending = undefined;
    const tokens: (Buffer | undefined)[] = [];
    let missing = this.#keys.length;
    for (const [index, key] of this.#keys.entries()) {
      this.#token(key, (token) => {
        tokens[index] = token;
        missing -= 1;
        if (missing === 0) look.settle(this.#compare(tokens));
      }).catch(() => {
        this.#actedBy = undefined;
        look.settle(false);
      });
    }
  }

  #compare(tokens: Tokens): boolean {
    const holds =
      this.#actedBy?.every((token, index) => token !== undefined && tokens[index]?.equals(token) === true) ?? false;
    if (!holds) this.#actedBy = undefined;
    return holds;
  }
}
