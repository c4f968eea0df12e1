import type { StoredSession } from '@sess/session';
import { decodeDocument, type Document } from './document.ts';

/** What one request knows of a session that is stored: what its next save is based on. Immutable. */
export interface Held {
  /** The session as the request got to see it. A fresh copy whenever it is read. */
  readonly document: Document;
  /** Seconds that it has yet to live, as of the read; `undefined` where the protocol can't tell. */
  readonly ttlSeconds: number | undefined;
}

/**
 * What a save is based on: what the request loaded or saved before; `new`, for a session that this request began;
 * `unknown`, where the library does not let the store know which of the two it is.
 */
export type SaveBase = Held | 'new' | 'unknown';

export interface SaveRequest {
  /** The session. Its enumerable properties are stored, as JSON. */
  readonly session: object;
  /** Whole seconds to live, at least 1. */
  readonly ttlSeconds: number;
  readonly base: SaveBase;
  /** Keys at the top level that are this request's in any case. Default: none. */
  readonly ownKeys?: readonly string[];
  /**
   * With `base: 'unknown'`: the library says that this request changed nothing but {@link ownKeys}, so what is stored
   * stays. Default `false`.
   */
  readonly unchanged?: boolean;
}

/** The only {@link Held} there is. */
export class HeldSession implements Held {
  readonly stored: StoredSession;
  /** What the request saw: other bytes than those that are stored where its save was merged with another one's. */
  readonly #seen: Uint8Array;

  constructor(stored: StoredSession, seen: Uint8Array = stored.value) {
    this.stored = stored;
    this.#seen = seen;
  }

  /** `undefined` where what is stored is no session. */
  static of(stored: StoredSession): HeldSession | undefined {
    return decodeDocument(stored.value) === undefined ? undefined : new HeldSession(stored);
  }

  get document(): Document {
    return decodeDocument(this.#seen) ?? {};
  }

  get ttlSeconds(): number | undefined {
    return this.stored.ttlSeconds;
  }

  /** Whether what is stored holds more than the request has seen. */
  get isMerged(): boolean {
    return this.#seen !== this.stored.value;
  }
}
