import { newSessionId, storageKey, type Client, type Cluster } from '@sess/session';
import { encodeDocument } from './document.ts';
import { rethrow, StoreError } from './errors.ts';
import { HeldSession, type Held, type SaveRequest } from './held.ts';
import { openStore, type ExternalStoreOptions } from './options.ts';
import { saveDocument } from './save-document.ts';

/** With one of two nodes down, every other id hits it: so many tries fail once in 65,536. */
const MAX_NEW_IDS = 16;

/**
 * The sessions of another library, in the cluster: what such a library's store is made of.
 *
 * Every save is an `add` or a compare-and-swap; a session that was destroyed is not brought back. Promises reject only
 * with a `StoreError`.
 */
export class ExternalStore {
  readonly #cluster: Cluster;
  /** The longest time to live that was given or seen: no copy of a session of this application can live longer. */
  #longestSeconds: number;

  /** @throws {StoreError} `SESS_BAD_OPTION` */
  constructor(options: ExternalStoreOptions, defaultPrefix: string) {
    this.#cluster = openStore(options, defaultPrefix);
    this.#longestSeconds = this.ttlSeconds;
  }

  /** Whole seconds that a session lives for which the library names no end. */
  get ttlSeconds(): number {
    return this.#cluster.ttlSeconds;
  }

  /** The client that was given, or that `servers` opened. */
  get client(): Client {
    return this.#cluster.client;
  }

  /** Resolves when the cluster can be asked; rejects with `SESS_UNAVAILABLE` when it can't be yet. */
  async ready(): Promise<void> {
    await this.#cluster.store.ready?.().catch(rethrow);
  }

  /**
   * A new random id; where nodes are down, preferably one whose session none of them could hold, so that people can log
   * in. No I/O.
   */
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

  /** The session with this id, or `undefined` when there is none, it expired, was destroyed, or is not JSON. */
  async load(id: string): Promise<Held | undefined> {
    const stored = await this.#cluster.store.load(this.#keyOf(id)).catch(rethrow);
    const held = stored && HeldSession.of(stored);
    this.#noteLifetime(held?.ttlSeconds);
    return held;
  }

  /**
   * Saves, and resolves with what the next save of the same request is based on; with `undefined` when the session was
   * destroyed meanwhile: then nothing was written, as if this save had come just before the destruction.
   *
   * Where another request saved first, the changes of both are kept, key by key at the top level; of two changes to one
   * key the later save's is.
   *
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`; `SESS_CONFLICT` when others kept saving
   *   first, or when a session that is new has the id of one that was destroyed.
   */
  async save(id: string, request: SaveRequest): Promise<Held | undefined> {
    const key = this.#keyOf(id);
    const text = encodeDocument(request.session);
    this.#noteLifetime(request.ttlSeconds);
    return saveDocument(this.#cluster.store, key, text, request).catch(rethrow);
  }

  /**
   * Moves the expiry to `ttlSeconds` from now; never rewrites. `false` when there is no session.
   *
   * @param session what the request has of it, where the library gives it: it may hold what JSON would lose, and the
   *   library not see a change.
   * @throws {StoreError} `SESS_UNAVAILABLE`, `SESS_BAD_DATA`
   */
  async touch(id: string, ttlSeconds: number, session?: object): Promise<boolean> {
    const key = this.#keyOf(id);
    if (session !== undefined) encodeDocument(session);
    this.#noteLifetime(ttlSeconds);
    return this.#cluster.store.touch(key, ttlSeconds).catch(rethrow);
  }

  /** Destroys the session, and leaves a tombstone for as long as a copy of it could live. Whether there was one. */
  async destroy(id: string): Promise<boolean> {
    return this.#cluster.store.destroy(this.#keyOf(id), this.#longestSeconds).catch(rethrow);
  }

  /** Closes the client that `servers` opened. Twice does no harm. */
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
