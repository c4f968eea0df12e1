import { randomInt } from 'node:crypto';
import { VERSION } from '../version.ts';
import type { ItemStore } from './item-store.ts';

type Counted = 'get' | 'set' | 'touch' | 'delete' | 'flush' | 'incr' | 'decr' | 'cas';

/** Rows of a `stats` answer. */
export type StatRows = readonly (readonly [name: string, value: string])[];

/** A connection, as `stats conns` shows it. */
export interface ConnectionRow {
  readonly address: string;
  readonly secondsSinceLastCommand: number;
}

/** What `stats` answers, for one life of a node. */
export class ServerStats {
  connections = 0;
  totalConnections = 0;
  /** A `metadump` is under way; there is never a second one. */
  crawling = false;
  /** `stats detail on`: memcached then counts per prefix of keys, which is not done here; only the switch is kept. */
  detailed = false;
  /** Compare-and-swaps that met another number than theirs. */
  casBadValue = 0;
  /** Where the node listens, and who is connected. */
  listensAt = 'tcp:127.0.0.1:0';
  connected: () => readonly ConnectionRow[] = () => [];
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
    incr: { hits: 0, misses: 0 },
    decr: { hits: 0, misses: 0 },
    cas: { hits: 0, misses: 0 },
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
    this.casBadValue = 0;
    this.totalConnections = 0;
    Object.assign(this.#store.counts, { total: 0, evictions: 0, expired: 0 });
  }

  /** The rows of `stats <topic>`; `undefined` for a topic that there is not. Without one, the general ones. */
  rows(topic: string | undefined): StatRows | undefined {
    switch (topic) {
      case undefined:
        return asRows(this.#general());
      case 'settings':
        return asRows(this.#settings());
      case 'items':
        return asRows(this.#items());
      case 'slabs':
        return asRows(this.#slabs());
      case 'sizes':
        return asRows({ sizes_status: 'disabled' });
      case 'conns':
        return asRows(this.#conns());
      default:
        return undefined;
    }
  }

  #general(): Rows {
    const { get, set, touch, delete: remove, flush, incr, decr, cas } = this.#commands;
    const now = this.#store.now();
    return {
      pid: this.#instance,
      uptime: now - this.#startedAt,
      time: now,
      version: VERSION,
      pointer_size: 64,
      max_connections: MAX_CONNECTIONS,
      curr_connections: this.connections,
      total_connections: this.totalConnections,
      rejected_connections: 0,
      cmd_get: get.hits + get.misses,
      cmd_set: set.hits,
      cmd_flush: flush.hits,
      cmd_touch: touch.hits + touch.misses,
      cmd_meta: 0,
      get_hits: get.hits,
      get_misses: get.misses,
      get_expired: this.#store.counts.expired,
      get_flushed: 0,
      delete_misses: remove.misses,
      delete_hits: remove.hits,
      incr_misses: incr.misses,
      incr_hits: incr.hits,
      decr_misses: decr.misses,
      decr_hits: decr.hits,
      cas_misses: cas.misses,
      cas_hits: cas.hits,
      cas_badval: this.casBadValue,
      touch_hits: touch.hits,
      touch_misses: touch.misses,
      limit_maxbytes: this.#store.limits.memoryBytes,
      accepting_conns: 1,
      threads: 1,
      hash_power_level: 16,
      bytes: this.#store.bytes,
      curr_items: this.#store.size,
      total_items: this.#store.counts.total,
      evictions: this.#store.counts.evictions,
      reclaimed: 0,
    };
  }

  #settings(): Rows {
    const { memoryBytes, itemBytes } = this.#store.limits;
    return {
      maxbytes: memoryBytes,
      maxconns: MAX_CONNECTIONS,
      evictions: 'on',
      detail_enabled: this.detailed ? 'yes' : 'no',
      cas_enabled: 'yes',
      binding_protocol: 'auto-negotiate',
      item_size_max: itemBytes,
      lru_crawler: 'yes',
      flush_enabled: 'yes',
      dump_enabled: 'yes',
      track_sizes: 'no',
      ssl_enabled: 'no',
    };
  }

  /** Slab classes are memcached's way of cutting up memory; here all items are of one, which there is as soon as it has an item. */
  #items(): Rows {
    const { size, bytes, counts } = this.#store;
    if (size === 0) return {};
    const rows = {
      number: size,
      number_hot: 0,
      number_warm: 0,
      number_cold: size,
      age_hot: 0,
      age_warm: 0,
      age: this.#store.oldestAge(),
      mem_requested: bytes,
      evicted: counts.evictions,
      evicted_nonzero: 0,
      evicted_time: 0,
      outofmemory: 0,
      tailrepairs: 0,
      reclaimed: counts.expired,
      expired_unfetched: 0,
      evicted_unfetched: 0,
    };
    return Object.fromEntries(Object.entries(rows).map(([name, value]) => [`items:1:${name}`, value]));
  }

  #slabs(): Rows {
    const { size, limits } = this.#store;
    const { get, set, touch, delete: remove, incr, decr, cas } = this.#commands;
    const pages = Math.max(1, Math.ceil(this.#store.bytes / PAGE_BYTES));
    const rows = {
      chunk_size: limits.itemBytes,
      chunks_per_page: 1,
      total_pages: pages,
      total_chunks: size,
      used_chunks: size,
      free_chunks: 0,
      free_chunks_end: 0,
      get_hits: get.hits,
      cmd_set: set.hits,
      delete_hits: remove.hits,
      incr_hits: incr.hits,
      decr_hits: decr.hits,
      cas_hits: cas.hits,
      cas_badval: this.casBadValue,
      touch_hits: touch.hits,
    };
    const ofClass = size === 0 ? {} : Object.fromEntries(Object.entries(rows).map(([name, value]) => [`1:${name}`, value]));
    return { ...ofClass, active_slabs: size === 0 ? 0 : 1, total_malloced: size === 0 ? 0 : pages * PAGE_BYTES };
  }

  /** Numbered as memcached numbers them, by file descriptors, of which the first are the process's own. */
  #conns(): Rows {
    const listening = { addr: this.listensAt, state: 'conn_listening', secs_since_last_cmd: this.#store.now() - this.#startedAt };
    const rows = this.connected().map(({ address, secondsSinceLastCommand }) => ({
      addr: address,
      listen_addr: this.listensAt,
      state: 'conn_parse_cmd',
      secs_since_last_cmd: secondsSinceLastCommand,
    }));
    return Object.fromEntries(
      [listening, ...rows].flatMap((row, place) =>
        Object.entries(row).map(([name, value]) => [`${FIRST_DESCRIPTOR + place}:${name}`, value]),
      ),
    );
  }
}

/** As memcached's default. */
export const MAX_CONNECTIONS = 1_024;

const PAGE_BYTES = 1_048_576;
const FIRST_DESCRIPTOR = 20;

type Rows = Readonly<Record<string, string | number>>;

function asRows(rows: Rows): StatRows {
  return Object.entries(rows).map(([name, value]) => [name, String(value)] as const);
}
