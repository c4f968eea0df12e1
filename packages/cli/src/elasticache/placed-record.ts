import { SessClientError, type CacheRecord, type Client } from '@sess/client';

/** Number of keys, spread over the nodes: the record survives the loss of a node even with one copy. */
const PLACES = 8;

/**
 * Time to live without renewal. Not longer: with nodes that list no keys, handovers and drains last as long as the
 * longest time to live.
 */
const TTL_SECONDS = 3_600;

interface Placed<T> {
  /** Rises with each change. */
  readonly revision: number;
  readonly value: T;
}

/**
 * A record stored in the cluster itself, so that another process can continue the work. One process writes it at a
 * time.
 */
export class PlacedRecord<T> {
  readonly #client: Pick<Client, 'get' | 'set' | 'touch'>;
  readonly #keys: readonly string[];
  readonly #parse: (value: unknown) => T;
  /** The last read or written value. */
  #known: Placed<T>;

  /** `parse` accepts any stored value, including `undefined`. */
  constructor(client: Pick<Client, 'get' | 'set' | 'touch'>, key: string, parse: (value: unknown) => T) {
    this.#client = client;
    this.#keys = Array.from({ length: PLACES }, (_, place) => `${key}/${place}`);
    this.#parse = parse;
    this.#known = { revision: 0, value: parse(undefined) };
  }

  /** The latest version on any node in reach; after a flush of all nodes, the one in this process. */
  async read(): Promise<T> {
    const found = await this.#everywhere((key) => this.#client.get(key).catch(absentWhereNodesAnswer));
    const all = found.flatMap((record) => this.#placed(record));
    this.#known = all.reduce((latest, one) => (one.revision > latest.revision ? one : latest), this.#known);
    return this.#known.value;
  }

  /** Renews the record while a process works with it. */
  async keep(): Promise<void> {
    const there = await this.#everywhere((key) => this.#client.touch(key, TTL_SECONDS));
    // A node that held it is lost.
    if (this.#known.revision > 0 && !there.every(Boolean)) await this.#put(this.#known);
  }

  async write(value: T): Promise<void> {
    const latest = { revision: this.#known.revision + 1, value };
    await this.#put(latest);
    this.#known = latest;
  }

  async #put(placed: Placed<T>): Promise<void> {
    const text = JSON.stringify(placed);
    await this.#everywhere((key) => this.#client.set(key, text, { ttlSeconds: TTL_SECONDS }));
  }

  /**
   * The results of what succeeded.
   *
   * @throws the first failure if nothing succeeded
   */
  async #everywhere<R>(work: (key: string) => Promise<R>): Promise<readonly R[]> {
    const results = await Promise.allSettled(this.#keys.map(work));
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const [first] = results;
    if (done.length === 0 && first?.status === 'rejected') throw first.reason;
    return done;
  }

  /** Ignores anything else under the key. */
  #placed(record: CacheRecord | undefined): readonly Placed<T>[] {
    if (record === undefined) return [];
    try {
      const { revision, value } = JSON.parse(record.value.toString()) as Partial<Placed<unknown>>;
      return typeof revision === 'number' ? [{ revision, value: this.#parse(value) }] : [];
    } catch {
      return [];
    }
  }
}

/**
 * With several copies, a client can't report a miss while an ejected node may hold the record. That counts as absent
 * here: a record that exists is also under keys of the other nodes.
 */
function absentWhereNodesAnswer(error: unknown): undefined {
  if (isUnavailable(error) && isUnavailable(error.cause)) return undefined;
  throw error;
}

function isUnavailable(error: unknown): error is SessClientError {
  return SessClientError.is(error) && error.code === 'SESS_UNAVAILABLE';
}
