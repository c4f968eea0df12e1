import { randomInt } from 'node:crypto';
import { VERSION } from '../version.ts';
import type { ItemStore } from './item-store.ts';

type Counted = 'get' | 'set' | 'touch' | 'delete' | 'flush';

/** What `stats` answers, for one life of a node. */
export class ServerStats {
  connections = 0;
  totalConnections = 0;
  /** A `metadump` is under way; there is never a second one. */
  crawling = false;
  readonly #store: ItemStore;
  readonly #startedAt: number;
  /** Not the process id, which all embedded nodes share: a new number for every start, as a restarted memcached has. */
  readonly #instance: number = randomInt(100_000, 2 ** 31);
  readonly #commands: Record<Counted, { hits: number; misses: number }> = {
    get: { hits: 0, misses: 0 },
    set: { hits: 0, misses: 0 },
    touch: { hits: 0, misses: 0 },
    delete: { hits: 0, misses: 0 },
    flush: { hits: 0, misses: 0 },
  };

  constructor(store: ItemStore) {
    this.#store = store;
    this.#startedAt = store.now();
  }

  count(command: Counted, hit = true): void {
    this.#commands[command][hit ? 'hits' : 'misses']++;
  }

  reset(): void {
    for (const counter of Object.values(this.#commands)) counter.hits = counter.misses = 0;
    Object.assign(this.#store.counts, { total: 0, evictions: 0, expired: 0 });
  }

  general(): readonly (readonly [name: string, value: string])[] {
    const { get, set, touch, delete: remove, flush } = this.#commands;
    const now = this.#store.now();
    const rows = {
      pid: this.#instance,
      uptime: now - this.#startedAt,
      time: now,
      version: VERSION,
      pointer_size: 64,
      max_connections: 1_024,
      curr_connections: this.connections,
      total_connections: this.totalConnections,
      cmd_get: get.hits + get.misses,
      cmd_set: set.hits,
      cmd_flush: flush.hits,
      cmd_touch: touch.hits + touch.misses,
      get_hits: get.hits,
      get_misses: get.misses,
      get_expired: this.#store.counts.expired,
      delete_hits: remove.hits,
      delete_misses: remove.misses,
      touch_hits: touch.hits,
      touch_misses: touch.misses,
      limit_maxbytes: this.#store.limits.memoryBytes,
      threads: 1,
      bytes: this.#store.bytes,
      curr_items: this.#store.size,
      total_items: this.#store.counts.total,
      evictions: this.#store.counts.evictions,
    };
    return Object.entries(rows).map(([name, value]) => [name, String(value)] as const);
  }

  settings(): readonly (readonly [name: string, value: string])[] {
    const { memoryBytes, itemBytes } = this.#store.limits;
    const rows = {
      maxbytes: memoryBytes,
      maxconns: 1_024,
      evictions: 'on',
      cas_enabled: 'yes',
      item_size_max: itemBytes,
      flush_enabled: 'yes',
      dump_enabled: 'yes',
    };
    return Object.entries(rows).map(([name, value]) => [name, String(value)] as const);
  }
}
