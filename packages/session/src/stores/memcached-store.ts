/** The only place that connects sessions with the memcached client. */
import {
  createClient,
  deriveHistorySecret,
  SessClientError,
  type CacheRecord,
  type Client,
  type ClientOptions,
  type SessClientErrorCode,
} from '@sess/client';
import { SessionError, type SessionErrorCode } from '../errors.ts';
import {
  MAX_TTL_SECONDS,
  type DestroyOptions,
  type MissKnowledge,
  type MissReport,
  type SaveOptions,
  type SessionStore,
  type StoredSession,
  type StoreRequestOptions,
  type StoreState,
} from './session-store.ts';

export { clientOptionNames, nearestName, type Client, type ClientOptions } from '@sess/client';
export type {
  DiscoveryErrorMessage,
  HandoverMessage,
  HistoryRefusedMessage,
  NodeMessage,
  TombstoneDroppedMessage,
  TopologyMessage,
  ViewsDisagreeMessage,
} from '@sess/client';

/**
 * Keeps sessions in memcached, through a client that the application opens and closes.
 *
 * @throws {SessionError} `SESS_BAD_OPTION` if the client only observes.
 */
export function memcachedStore(client: Client): SessionStore {
  refuseObserver(client);
  return new MemcachedStore(client, false);
}

/**
 * Keeps sessions in memcached, through a client of its own that `close()` closes.
 *
 * @param secrets The application's secrets. Secrets derived from them sign the history of the nodes that its clients
 *   share.
 * @throws {SessionError} `SESS_BAD_OPTION` if the client refuses its options.
 */
export function openMemcachedStore(options: ClientOptions, secrets: readonly string[]): SessionStore {
  const historySecret = saysHistorySecret(options) ? undefined : secrets.map(deriveHistorySecret);
  return new MemcachedStore(openClient(options, historySecret), true);
}

/** The client of a store in memcached; `undefined` for any other store. */
export function clientOf(store: SessionStore): Client | undefined {
  return store instanceof MemcachedStore ? store.client : undefined;
}

/** @throws {SessionError} `SESS_BAD_OPTION` if the client refuses its options. */
export function openClient(options: ClientOptions, historySecret?: readonly string[]): Client {
  try {
    return createClient({ ...options, ...(historySecret && { historySecret }) });
  } catch (error) {
    if (!SessClientError.is(error)) throw error;
    const where = Object.keys(options).every((name) => name === 'servers') ? 'servers' : 'servers" or "client';
    throw new SessionError('SESS_BAD_OPTION', `option "${where}": ${error.message}`, { cause: error });
  }
}

/** Throws for a client, or the options of one, that refuses to read and write records. */
export function refuseObserver({ observe }: Pick<ClientOptions, 'observe'>): void {
  if (observe !== true) return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    'option "client": with observe: true it refuses to read and write, and sessions need both. Leave observe out',
  );
}

function saysHistorySecret({ historySecret, servers }: ClientOptions): boolean {
  return historySecret !== undefined || (typeof servers === 'string' && /[?&]historySecret=/.test(servers));
}

/**
 * memcached counts whole seconds of its own clock, so an item of n seconds may expire after n - 1. One more second
 * keeps a session from ending before its cookie and before `expiresAt`.
 */
const SPARE_SECONDS = 1;

const withSpare = (ttlSeconds: number): number => Math.min(MAX_TTL_SECONDS, ttlSeconds + SPARE_SECONDS);

class MemcachedStore implements SessionStore {
  readonly name = 'memcached';
  readonly #client: Client;
  readonly #owned: boolean;
  /** Whether a node has answered. A node that joins later, or replaces another one, does not begin again. */
  #isStarted = false;

  constructor(client: Client, owned: boolean) {
    this.#client = client;
    this.#owned = owned;
  }

  get client(): Client {
    return this.#client;
  }

  async ready(): Promise<void> {
    await this.#client.ready().catch(rethrow);
    this.#isStarted = true;
  }

  /** `'ready'` if at least one node answers; `onUnavailable` handles sessions on the others. */
  get state(): StoreState {
    const states = [...this.#client.topology.states.values()];
    const isUp = states.includes('up');
    this.#isStarted ||= isUp;
    if (isUp) return 'ready';
    const isDown = states.length > 0 && states.every((state) => state === 'down');
    return isDown || this.#isStarted ? 'unavailable' : 'starting';
  }

  load(key: string, options?: StoreRequestOptions): Promise<StoredSession | undefined> {
    return this.#client.get(key, options).then(storedOrMiss, rethrow);
  }

  save(key: string, value: Uint8Array, { expect, ttlSeconds, signal }: SaveOptions): Promise<StoredSession> {
    const options = { ttlSeconds: withSpare(ttlSeconds), expect: expect === 'absent' ? expect : recordOf(expect) };
    return this.#client.set(key, value, signal === undefined ? options : { ...options, signal }).then(stored, rethrow);
  }

  touch(key: string, ttlSeconds: number, options?: StoreRequestOptions): Promise<boolean> {
    return this.#client.touch(key, withSpare(ttlSeconds), options).catch(rethrow);
  }

  destroy(key: string, ttlSeconds: number, { tombstone, ...options }: DestroyOptions = {}): Promise<boolean> {
    const deletion = this.#client.delete(key, { ...options, ttlSeconds: withSpare(ttlSeconds) });
    if (tombstone === 'required') return deletion.catch(rethrow);
    return deletion.catch((error: unknown) => this.#ensureGone(key, error, options)).catch(rethrow);
  }

  /**
   * Whether the client failed only to leave a tombstone, on the only node that may hold the key: that node has no
   * memory. Without the record the session is dead, because saves in flight expect it. Throws `error` otherwise.
   */
  async #ensureGone(key: string, error: unknown, options: StoreRequestOptions): Promise<true> {
    if (!SessClientError.is(error) || error.code !== 'SESS_OUT_OF_MEMORY') throw error;
    const { owners, elders } = this.#client.explain(key);
    if (owners.length + elders.length > 1 || (await this.#client.get(key, options)) !== undefined) throw error;
    return true;
  }

  whyMissing(key: string, known: MissKnowledge): Promise<MissReport> {
    return this.#client.whyMissing(key, known).catch(rethrow);
  }

  places(key: string, which: 'any' | 'failing'): readonly string[] {
    const { owners, elders } = this.#client.explain(key);
    const holders = [...owners, ...elders];
    if (which === 'any') return holders;
    const { states } = this.#client.topology;
    const failing = holders.filter((id) => states.get(id) !== 'up');
    return failing.length === 0 ? holders : failing;
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#client.close();
  }
}

/** Reads the record's value only on demand: after a write, callers rarely need it. */
class StoredInMemcached implements StoredSession {
  readonly token: CacheRecord;
  readonly ttlSeconds: number | undefined;

  constructor(record: CacheRecord) {
    const left = record.ttlSeconds;
    this.token = record;
    this.ttlSeconds = left === undefined ? undefined : Math.max(0, left - SPARE_SECONDS);
  }

  get value(): Uint8Array {
    return this.token.value;
  }
}

function stored(record: CacheRecord): StoredSession {
  return new StoredInMemcached(record);
}

function storedOrMiss(record: CacheRecord | undefined): StoredSession | undefined {
  return record === undefined ? undefined : stored(record);
}

function recordOf(session: StoredSession): CacheRecord {
  // Only `stored` makes the tokens of this store.
  return session.token as CacheRecord;
}

/** The node answers, so this is not an outage: only what needs memory fails. */
const NO_MEMORY = 'no memory is left for this change';

/** Maps the client's error codes to those of sessions. No usable answer, for whatever reason, is `SESS_UNAVAILABLE`. */
const MEANING: Readonly<Record<SessClientErrorCode, SessionErrorCode>> = {
  SESS_TIMEOUT: 'SESS_UNAVAILABLE',
  SESS_CONNECTION: 'SESS_UNAVAILABLE',
  SESS_PROTOCOL: 'SESS_UNAVAILABLE',
  SESS_SERVER: 'SESS_UNAVAILABLE',
  SESS_OUT_OF_MEMORY: 'SESS_UNAVAILABLE',
  SESS_AUTH: 'SESS_UNAVAILABLE',
  SESS_UNAVAILABLE: 'SESS_UNAVAILABLE',
  SESS_OVERLOADED: 'SESS_UNAVAILABLE',
  SESS_CONFLICT: 'SESS_CONFLICT',
  SESS_ABORTED: 'SESS_ABORTED',
  SESS_CLOSED: 'SESS_CLOSED',
  SESS_TOO_LARGE: 'SESS_TOO_LARGE',
  SESS_BAD_KEY: 'SESS_STORE',
  SESS_BAD_VALUE: 'SESS_STORE',
  SESS_BAD_OPTION: 'SESS_STORE',
};

/** Error texts that may reach a browser; the client's own, in `cause`, name nodes. */
const REASONS: Readonly<Partial<Record<SessionErrorCode, string>>> = {
  SESS_UNAVAILABLE: 'the session store is out of reach: no answer, or none that can be used',
  SESS_CONFLICT: 'the session is not the one that was expected',
  SESS_TOO_LARGE: 'the session is larger than memcached accepts',
  SESS_CLOSED: 'the client of memcached was closed',
  SESS_ABORTED: 'the request was aborted',
};

function rethrow(error: unknown): never {
  if (!SessClientError.is(error)) throw error;
  const code: SessionErrorCode = MEANING[error.code] ?? 'SESS_STORE';
  const reason = error.code === 'SESS_OUT_OF_MEMORY' ? NO_MEMORY : REASONS[code];
  throw new SessionError(code, `memcached: ${reason ?? 'the client refused the request'}`, { cause: error });
}
