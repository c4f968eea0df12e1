import type { Clock } from '../src/clock.ts';
import type { StoreAttributes, StoredItem, StoreMode, StoreOutcome } from '../src/transport/transport.ts';

interface Item {
  readonly value: Buffer;
  readonly flags: number;
  readonly unique: number;
  readonly expiresAt: number;
}

/**
 * - `answers`: well.
 * - `refuses`: nothing listens.
 * - `hangs`: connections stand, nothing answers.
 * - `rejects`: asks for other credentials.
 * - `full`: answers probes and reads, and writes with an error; a refused `set` removes the old item, as in memcached.
 * - `garbles`: answers probes, and everything else with nonsense.
 */
export type Behaviour = 'answers' | 'refuses' | 'hangs' | 'rejects' | 'full' | 'refuses-stores' | 'garbles';

/** One memcached in memory, as far as a client can tell. */
export class FakeServer {
  readonly id: string;
  behaviour: Behaviour = 'answers';
  /** What it was asked, in order: `get`, `set`, `add`, `cas`, `touch`, `probe`, `history`. */
  readonly requests: string[] = [];
  /** Called before each request is carried out: where another client does something in between. */
  beforeRequest: ((request: string) => void) | undefined;
  readonly #clock: Clock;
  readonly #items = new Map<string, Item>();
  readonly #connections = new Set<() => void>();
  #lastUnique = 0;

  constructor(id: string, clock: Clock) {
    this.id = id;
    this.#clock = clock;
  }

  /** Requests that are neither probes nor the client's own history. */
  get userRequests(): string[] {
    return this.requests.filter((request) => request !== 'probe' && request !== 'history');
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes a connection; `onLost` is called when the server ends it. What is returned ends it from the other side. */
  connect(onLost: () => void): () => void {
    this.#connections.add(onLost);
    return () => this.#connections.delete(onLost);
  }

  /** Ends every connection. */
  drop(): void {
    const connections = [...this.#connections];
    this.#connections.clear();
    for (const onLost of connections) onLost();
  }

  /** Comes back empty, with CAS numbers from 1. */
  restart(): void {
    this.flush();
    this.#lastUnique = 0;
    this.drop();
  }

  /** Loses its memory, and no connection. */
  flush(): void {
    this.#items.clear();
  }

  get(key: string): (Omit<StoredItem, 'cas'> & { readonly unique: number }) | undefined {
    const item = this.#live(key);
    return item && { value: item.value, flags: item.flags, unique: item.unique, ttlSeconds: this.#ttlOf(item) };
  }

  store(mode: StoreMode, key: string, value: Uint8Array, { flags, ttlSeconds }: StoreAttributes): StoreOutcome {
    const there = this.#live(key);
    if (mode === 'add' && there !== undefined) return 'exists';
    if (typeof mode === 'object' && there === undefined) return 'missing';
    if (typeof mode === 'object' && there?.unique !== mode.cas.unique) return 'exists';
    this.#lastUnique += 1;
    this.#items.set(key, {
      value: Buffer.from(value),
      flags,
      unique: this.#lastUnique,
      expiresAt: ttlSeconds === 0 ? Infinity : this.#clock.now() + ttlSeconds * 1000,
    });
    return 'stored';
  }

  touch(key: string, ttlSeconds: number): { readonly flags: number } | undefined {
    const item = this.#live(key);
    if (item === undefined) return undefined;
    this.#items.set(key, { ...item, expiresAt: ttlSeconds === 0 ? Infinity : this.#clock.now() + ttlSeconds * 1000 });
    return { flags: item.flags };
  }

  delete(key: string): boolean {
    return this.#live(key) !== undefined && this.#items.delete(key);
  }

  #live(key: string): Item | undefined {
    const item = this.#items.get(key);
    return item !== undefined && item.expiresAt > this.#clock.now() ? item : undefined;
  }

  #ttlOf(item: Item): number {
    return Math.ceil((item.expiresAt - this.#clock.now()) / 1000);
  }
}
