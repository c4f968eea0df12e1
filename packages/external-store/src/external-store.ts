import type { CacheRecord, Client } from '@sess/client';
import { decodeDocument, encodeDocument } from './document.ts';
import { rethrow } from './errors.ts';
import { HeldRecord, type Held, type SaveRequest } from './held.ts';
import { newSessionId } from './new-session-id.ts';
import { resolveOptions, type ExternalStoreOptions } from './options.ts';
import { saveDocument } from './save-document.ts';
import { storageKey } from './storage-key.ts';
import { withSpare } from './time-to-live.ts';

/**
 * The sessions of another library, in the cluster: what such a library's store is made of.
 *
 * Every save is an `add` or a compare-and-swap; a session that was destroyed is not brought back. Promises reject only with a `StoreError`.
 */
export class ExternalStore {
  /** Whole seconds that a session lives for which the library names no end. */
  readonly ttlSeconds: number;
  /** The client that was given, or that `servers` opened. */
  readonly client: Client;
  readonly #owned: boolean;
  readonly #keyPrefix: string;
  /** The longest time to live that was given or seen: no copy of a session of this application can live longer. */
  #longestSeconds: number;

  /** @throws {StoreError} `SESS_BAD_OPTION` */
  constructor(options: ExternalStoreOptions, defaultPrefix: string) {
    const { client, owned, ttlSeconds, keyPrefix } = resolveOptions(options, defaultPrefix);
    this.client = client;
    this.#owned = owned;
    this.#keyPrefix = keyPrefix;
    this.ttlSeconds = ttlSeconds;
    this.#longestSeconds = ttlSeconds;
  }

  /** Resolves when the cluster can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. */
  async ready(): Promise<void> {
    await this.client.ready().catch(rethrow);
  }

  /** A new random id, on nodes that are in reach: so that people can log in while a node is down. No I/O. */
  newId(): string {
    return newSessionId(this.client, this.#keyPrefix);
  }

  /** The session with this id, or `undefined` when there is none, it expired, was destroyed, or is not JSON. */
  async load(id: string): Promise<Held | undefined> {
    const record = await this.client.get(storageKey(this.#keyPrefix, id)).catch(rethrow);
    if (record === undefined || decodeDocument(record.value) === undefined) return undefined;
    const held = new HeldRecord(record);
    this.#noteLifetime(held.ttlSeconds);
    return held;
  }

  /**
   * Saves, and resolves with what the next save of the same request is based on; with `undefined` when the session was destroyed meanwhile: then
   * nothing was written, as if this save had come just before the destruction.
   *
   * Where another request saved first, the changes of both are kept, key by key at the top level; of two changes to one key the later save's is.
   *
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`; `SESS_CONFLICT` when others kept saving first, or when a session
   * that is new has the id of one that was destroyed.
   */
  async save(id: string, request: SaveRequest): Promise<Held | undefined> {
    const key = storageKey(this.#keyPrefix, id);
    const text = encodeDocument(request.session);
    this.#noteLifetime(request.ttlSeconds);
    return saveDocument(this.client, key, text, request).catch(rethrow);
  }

  /**
   * Moves the expiry to `ttlSeconds` from now; never rewrites. `false` when there is no session.
   *
   * @param session what the request has of it, where the library gives it: it may hold what JSON would lose, and the library not see a change.
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_BAD_DATA`
   */
  async touch(id: string, ttlSeconds: number, session?: object): Promise<boolean> {
    const key = storageKey(this.#keyPrefix, id);
    if (session !== undefined) encodeDocument(session);
    this.#noteLifetime(ttlSeconds);
    return this.client.touch(key, withSpare(ttlSeconds)).catch(rethrow);
  }

  /** Destroys the session, and leaves a tombstone for as long as a copy of it could live. Whether there was one. */
  async destroy(id: string): Promise<boolean> {
    const key = storageKey(this.#keyPrefix, id);
    return this.client.delete(key, { ttlSeconds: withSpare(this.#longestSeconds) }).catch(rethrow);
  }

  /** Closes the client that `servers` opened. Twice does no harm. */
  async close(): Promise<void> {
    if (this.#owned) await this.client.close();
  }

  #noteLifetime(ttlSeconds: CacheRecord['ttlSeconds']): void {
    if (ttlSeconds !== undefined && ttlSeconds !== Infinity && ttlSeconds > this.#longestSeconds)
      this.#longestSeconds = Math.ceil(ttlSeconds);
  }
}
