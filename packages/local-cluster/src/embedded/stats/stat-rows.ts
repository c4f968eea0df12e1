import { VERSION } from '../../version.ts';
import type { ItemStore } from '../item-store.ts';
import { MAX_CONNECTIONS, type ServerStats } from './server-stats.ts';

/** Rows of a `stats` reply. */
export type StatRows = readonly (readonly [name: string, value: string])[];

/** The sources of the rows. */
export interface Counted {
  readonly store: ItemStore;
  readonly stats: ServerStats;
}

type Rows = Readonly<Record<string, string | number>>;

/** The rows of `stats <topic>`, or of `stats` without a topic; `undefined` for an unknown topic. */
export function statRows(topic: string | undefined, { store, stats }: Counted): StatRows | undefined {
  // memcached's crawler finds expired items by itself.
  store.reclaim();
  switch (topic) {
    case undefined:
      return asRows(general(store, stats));
    case 'settings':
      return asRows(settings(store, stats));
    case 'items':
      return asRows(items(store));
    case 'slabs':
      return asRows(slabs(store, stats));
    case 'sizes':
      return asRows({ sizes_status: 'disabled' });
    default:
      return undefined;
  }
}

/**
 * The rows of `stats conns`, numbered like memcached's file descriptors, of which the first belong to the process
 * itself.
 */
export function connectionRows({ store, stats }: Counted): StatRows {
  const listensAt = `tcp:127.0.0.1:${stats.port}`;
  const listening = { addr: listensAt, state: 'conn_listening', secs_since_last_cmd: store.now() - store.startedAt };
  const clients = stats.connected().map(({ address, state, secondsSinceLastCommand }) => ({
    addr: address,
    listen_addr: listensAt,
    state,
    secs_since_last_cmd: secondsSinceLastCommand,
  }));
  return [listening, ...clients].flatMap((row, place) => asRows(named(`${FIRST_DESCRIPTOR + place}:`, row)));
}

/**
 * In memcached's order. Counters of features that an embedded node lacks are 0: threads that move memory, read buffers,
 * watchers.
 */
function general(store: ItemStore, stats: ServerStats): Rows {
  const { get, set, touch, delete: remove, flush, incr, decr, cas, auth } = stats.commands();
  const events = stats.events();
  const { user, system } = process.cpuUsage();
  const now = store.now();
  return {
    pid: stats.instance,
    uptime: now - store.startedAt,
    time: now,
    version: VERSION,
    libevent: 'none',
    pointer_size: 64,
    rusage_user: (user / 1e6).toFixed(6),
    rusage_system: (system / 1e6).toFixed(6),
    max_connections: MAX_CONNECTIONS,
    curr_connections: stats.connections,
    total_connections: events.connected,
    rejected_connections: events.rejected,
    connection_structures: stats.connections,
    ...zeros('response_obj_oom response_obj_count response_obj_bytes'),
    ...zeros('read_buf_count read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds'),
    cmd_get: get.hits + get.misses,
    cmd_set: set.hits,
    cmd_flush: flush.hits,
    cmd_touch: touch.hits + touch.misses,
    cmd_meta: events.meta,
    get_hits: get.hits,
    get_misses: get.misses,
    get_expired: store.counts.expired,
    get_flushed: store.counts.flushed,
    delete_misses: remove.misses,
    delete_hits: remove.hits,
    incr_misses: incr.misses,
    incr_hits: incr.hits,
    decr_misses: decr.misses,
    decr_hits: decr.hits,
    cas_misses: cas.misses,
    cas_hits: cas.hits,
    cas_badval: events.casBadValue,
    touch_hits: touch.hits,
    touch_misses: touch.misses,
    store_too_large: events.tooLarge,
    store_no_memory: events.noMemory,
    auth_cmds: auth.hits + auth.misses,
    auth_errors: auth.misses,
    bytes_read: stats.bytesRead,
    bytes_written: stats.bytesWritten,
    limit_maxbytes: store.limits.memoryBytes,
    accepting_conns: 1,
    listen_disabled_num: 0,
    time_in_listen_disabled_us: 0,
    threads: 1,
    conn_yields: 0,
    hash_power_level: 16,
    ...zeros(
      'hash_bytes hash_is_expanding slab_reassign_rescues slab_reassign_chunk_rescues slab_reassign_evictions_nomem',
    ),
    ...zeros(
      'slab_reassign_inline_reclaim slab_reassign_busy_items slab_reassign_busy_deletes slab_reassign_running slabs_moved',
    ),
    lru_crawler_running: stats.crawling ? 1 : 0,
    ...zeros(
      'lru_crawler_starts lru_maintainer_juggles malloc_fails log_worker_dropped log_worker_written log_watcher_skipped',
    ),
    ...zeros('log_watcher_sent log_watchers unexpected_napi_ids round_robin_fallback'),
    bytes: store.bytes,
    curr_items: store.size,
    total_items: store.counts.total,
    ...zeros('slab_global_page_pool expired_unfetched evicted_unfetched evicted_active'),
    evictions: store.counts.evictions,
    reclaimed: store.counts.reclaimed,
    ...zeros('crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold moves_to_warm moves_within_lru'),
    ...zeros('direct_reclaims lru_bumps_dropped'),
  };
}

/** memcached's default settings, without those of builds with TLS or flash storage. */
function settings(store: ItemStore, stats: ServerStats): Rows {
  const { memoryBytes, itemBytes } = store.limits;
  return {
    maxbytes: memoryBytes,
    maxconns: MAX_CONNECTIONS,
    tcpport: stats.port,
    udpport: 0,
    inter: '127.0.0.1',
    verbosity: 0,
    oldest: 0,
    evictions: 'on',
    domain_socket: 'NULL',
    umask: 700,
    shutdown_command: 'no',
    growth_factor: '1.25',
    chunk_size: 48,
    num_threads: 1,
    num_threads_per_udp: 1,
    stat_key_prefix: ':',
    detail_enabled: stats.prefixes.enabled ? 'yes' : 'no',
    reqs_per_event: 20,
    cas_enabled: 'yes',
    tcp_backlog: 1_024,
    binding_protocol: 'auto-negotiate',
    auth_enabled_sasl: stats.asksForLogin ? 'yes' : 'no',
    auth_enabled_ascii: stats.asksForLogin ? 'yes' : 'no',
    item_size_max: itemBytes,
    maxconns_fast: 'yes',
    hashpower_init: 0,
    slab_reassign: 'no',
    slab_automove: 0,
    slab_automove_ratio: '0.80',
    slab_automove_window: 30,
    slab_chunk_max: itemBytes,
    lru_crawler: 'yes',
    lru_crawler_sleep: 100,
    lru_crawler_tocrawl: 0,
    tail_repair_time: 0,
    flush_enabled: 'yes',
    dump_enabled: 'yes',
    hash_algorithm: 'none',
    lru_maintainer_thread: 'no',
    lru_segmented: 'no',
    hot_lru_pct: 20,
    warm_lru_pct: 40,
    hot_max_factor: '0.20',
    warm_max_factor: '2.00',
    temp_lru: 'no',
    temporary_ttl: 61,
    idle_timeout: 0,
    watcher_logbuf_size: 0,
    worker_logbuf_size: 0,
    read_buf_mem_limit: 0,
    track_sizes: 'no',
    inline_ascii_response: 'no',
  };
}

/** All items are in one slab class, which exists if it has an item. */
function items(store: ItemStore): Rows {
  const { size, bytes, counts } = store;
  if (size === 0) return {};
  return named('items:1:', {
    number: size,
    number_hot: 0,
    number_warm: 0,
    number_cold: size,
    age_hot: 0,
    age_warm: 0,
    age: store.oldestAge(),
    mem_requested: bytes,
    evicted: counts.evictions,
    ...zeros('evicted_nonzero evicted_time outofmemory tailrepairs'),
    reclaimed: counts.reclaimed,
    ...zeros(
      'expired_unfetched evicted_unfetched evicted_active crawler_reclaimed crawler_items_checked lrutail_reflocked',
    ),
    ...zeros(
      'moves_to_cold moves_to_warm moves_within_lru direct_reclaims hits_to_hot hits_to_warm hits_to_cold hits_to_temp',
    ),
  });
}

function slabs(store: ItemStore, stats: ServerStats): Rows {
  const { size, limits } = store;
  const { get, set, touch, delete: remove, incr, decr, cas } = stats.commands();
  const pages = size === 0 ? 0 : Math.ceil(store.bytes / PAGE_BYTES);
  const ofClass = named('1:', {
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
    cas_badval: stats.events().casBadValue,
    touch_hits: touch.hits,
  });
  return { ...(size > 0 && ofClass), active_slabs: size === 0 ? 0 : 1, total_malloced: pages * PAGE_BYTES };
}

const PAGE_BYTES = 1_048_576;
const FIRST_DESCRIPTOR = 20;

function zeros(names: string): Rows {
  return Object.fromEntries(names.split(' ').map((name) => [name, 0]));
}

function named(prefix: string, rows: Rows): Rows {
  return Object.fromEntries(Object.entries(rows).map(([name, value]) => [prefix + name, value]));
}

function asRows(rows: Rows): StatRows {
  return Object.entries(rows).map(([name, value]) => [name, String(value)] as const);
}
