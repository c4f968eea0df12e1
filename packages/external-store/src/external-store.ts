import { newSessionId, storageKey, type Client, type Cluster } from '@sess/session';
import { encodeDocument } from './document.ts';
import { rethrow, StoreError } from './errors.ts';
import { HeldSession, type Held, type SaveRequest } from './held.ts';
import { openStore, type ExternalStoreOptions } from './options.ts';
import { saveDocument } from './save-document.ts';

/** With one of two nodes down, every second id hits it: 16 tries all fail once in 65,536. */
const MAX_NEW_IDS = 16;

/**
 * Keeps the sessions of another library in the cluster: the base of a store for that library.
 *
 * Every save is an `add` or a compare-and-swap; no save revives a destroyed session. Promises reject only with a
 * `StoreError`.
 */
export class ExternalStore {
  readonly #cluster: Cluster;
  /** The longest time to live that was set or seen: no copy of a session of this application lives longer. */
  #longestSeconds: number;

  /** @throws {StoreError} `SESS_BAD_OPTION` */
  constructor(options: ExternalStoreOptions, defaultPrefix: string) {
    this.#cluster = openStore(options, defaultPrefix);
    this.#longestSeconds = this.ttlSeconds;
  }

  /** Time to live in whole seconds of sessions that have none of their own. */
  get ttlSeconds(): number {
    return this.#cluster.ttlSeconds;
  }

  /** The client that was passed in, or that `servers` opened. */
  get client(): Client {
    return this.#cluster.client;
  }

  /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
  async ready(): Promise<void> {
    await this.#cluster.store.ready?.().catch(rethrow);
  }

  /** A new random id. If nodes are down, it is on other nodes where possible, so that people can log in. No I/O. */
  newId(): string {
    const { client } = this.#cluster;
    let id = newSessionId();
    for (let attempt = 1; attempt < MAX_NEW_IDS; attempt++) {
      const { owners, elders } = client.explain(this.#keyOf(id));
      const { states } = client.topology;
      if ([...owners, ...elders].every((node) => states.get(node) !== 'down')) break;
      id = newSessionId();
    }
    return id;
  }

  /** The session with this id; `undefined` if there is none, it expired, was destroyed or is not JSON. */
  async load(id: string): Promise<Held | undefined> {
    const stored = await this.#cluster.store.load(this.#keyOf(id)).catch(rethrow);
    const held = stored && HeldSession.of(stored);
    this.#noteLifetime(held?.ttlSeconds);
    return held;
  }

  /**
   * Saves, and resolves with the base of the same request's next save. Resolves with `undefined` if the session was
   * destroyed meanwhile: then nothing was written.
   *
   * If another request saved first, keeps the changes of both, key by key at the top level; if both changed one key,
   * the later save wins.
   *
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`; `SESS_CONFLICT` if others kept saving
   *   first, or a new session has the id of one that was destroyed.
   */
  async save(id: string, request: SaveRequest): Promise<Held | undefined> {
    const key = this.#keyOf(id);
    const text = encodeDocument(request.session);
    this.#noteLifetime(request.ttlSeconds);
    return saveDocument(this.#cluster.store, key, text, request).catch(rethrow);
  }

  /**
   * Moves the expiry to `ttlSeconds` from now, without rewriting the session. `false` if there is none.
   *
   * @param session the request's session, if the library passes it: it is checked for data that JSON would lose,
   *   because the library may not see that it changed.
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_BAD_DATA`
   */
  async touch(id: string, ttlSeconds: number, session?: object): Promise<boolean> {
    const key = this.#keyOf(id);
    if (session !== undefined) encodeDocument(session);
    this.#noteLifetime(ttlSeconds);
    return this.#cluster.store.touch(key, ttlSeconds).catch(rethrow);
  }

  /**
   * Destroys the session and leaves a tombstone for as long as a copy of it could live. Resolves with whether there was
   * one.
   */
  async destroy(id: string): Promise<boolean> {
    return this.#cluster.store.destroy(this.#keyOf(id), this.#longestSeconds).catch(rethrow);
  }

  /** Closes the client that `servers` opened. Idempotent. */
  async close(): Promise<void> {
    await this.#cluster.close();
  }

  #keyOf(id: string): string {
    if (typeof id === 'string' && id !== '') return storageKey(this.#cluster.keyPrefix, id);
    throw new StoreError(
      'SESS_BAD_DATA',
      `a session id is a text of at least one character; got ${id === '' ? 'an empty one' : typeof id}`,
    );
  }

  #noteLifetime(ttlSeconds: number | undefined): void {
    if (ttlSeconds !== undefined && ttlSeconds !== Infinity && ttlSeconds > this.#longestSeconds) {
      this.#longestSeconds = Math.ceil(ttlSeconds);
    }
  }
}
