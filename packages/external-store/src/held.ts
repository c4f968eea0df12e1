import type { StoredSession } from '@sess/session';
import { decodeDocument, type Document } from './document.ts';

/** A stored session as one request saw it: the base of its next save. Immutable. */
export interface Held {
  /** The session as the request saw it. Each read returns a new copy. */
  readonly document: Document;
  /** Remaining time to live in seconds when it was read; `undefined` if the protocol can't tell. */
  readonly ttlSeconds: number | undefined;
}

/**
 * The base of a save: what the request loaded or saved before; `new` for a session that this request began; `unknown`
 * if the library does not tell the store which of the two it is.
 */
export type SaveBase = Held | 'new' | 'unknown';

export interface SaveRequest {
  /** The session. Its enumerable properties are stored, as JSON. */
  readonly session: object;
  /** Whole seconds to live, at least 1. */
  readonly ttlSeconds: number;
  readonly base: SaveBase;
  /** Top-level keys for which this request's values always win. Default: none. */
  readonly ownKeys?: readonly string[];
  /**
   * With `base: 'unknown'`: the library says that this request changed only {@link ownKeys}, so the rest stays as
   * stored. Default `false`.
   */
  readonly unchanged?: boolean;
}

/** The only implementation of {@link Held}. */
export class HeldSession implements Held {
  readonly stored: StoredSession;
  /** The bytes that the request saw; they differ from the stored ones if its save was merged with another one. */
  readonly #seen: Uint8Array;

  constructor(stored: StoredSession, seen: Uint8Array = stored.value) {
    this.stored = stored;
    this.#seen = seen;
  }

  /** `undefined` if the stored bytes are not a session. */
  static of(stored: StoredSession): HeldSession | undefined {
    return decodeDocument(stored.value) === undefined ? undefined : new HeldSession(stored);
  }

  get document(): Document {
    return decodeDocument(this.#seen) ?? {};
  }

  get ttlSeconds(): number | undefined {
    return this.stored.ttlSeconds;
  }

  /** Whether the stored session holds more than the request has seen. */
  get isMerged(): boolean {
    return this.#seen !== this.stored.value;
  }
}
