import type { CacheRecord, Client } from '@sess/client';

/** Under so many keys, which are on several nodes: it outlives a node that dies, with one copy of each session, too. */
const PLACES = 8;

/**
 * As long as nobody works by it. Not longer: where nodes list no keys, earlier nodes are asked, and a drain lasts, for as
 * long as the longest time to live.
 */
const TTL_SECONDS = 3_600;

interface Placed<T> {
  /** Rises with each change. */
  readonly revision: number;
  readonly value: T;
}

/** Something that the cluster itself remembers, so that another process can go on with it. One process writes it at a time. */
export class PlacedRecord<T> {
  readonly #client: Pick<Client, 'get' | 'set' | 'touch'>;
  readonly #keys: readonly string[];
  readonly #parse: (value: unknown) => T;
  /** As it was read or written last. */
  #known: Placed<T>;

  /** `parse` makes sense of whatever stands there; of `undefined`, too. */
  constructor(client: Pick<Client, 'get' | 'set' | 'touch'>, key: string, parse: (value: unknown) => T) {
    this.#client = client;
    this.#keys = Array.from({ length: PLACES }, (_, place) => `${key}/${place}`);
    this.#parse = parse;
    this.#known = { revision: 0, value: parse(undefined) };
  }

  /** The latest that any place in reach knows; after a flush of all nodes, what this process knows itself. */
  async read(): Promise<T> {
    const found = await this.#everywhere((key) => this.#client.get(key));
    const all = found.flatMap((record) => this.#placed(record));
    this.#known = all.reduce((latest, one) => (one.revision > latest.revision ? one : latest), this.#known);
    return this.#known.value;
  }

  /** It lives on, as long as somebody works by it. */
  async keep(): Promise<void> {
    const there = await this.#everywhere((key) => this.#client.touch(key, TTL_SECONDS));
    // A node that held it has died.
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

  /** What succeeded. @throws the first failure when nothing did */
  async #everywhere<R>(work: (key: string) => Promise<R>): Promise<readonly R[]> {
    const results = await Promise.allSettled(this.#keys.map(work));
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const [first] = results;
    if (done.length === 0 && first?.status === 'rejected') throw first.reason;
    return done;
  }

  /** Anything else under the key is nothing. */
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
