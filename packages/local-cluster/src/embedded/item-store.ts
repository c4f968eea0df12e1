import { itemBytes, type Item } from './item.ts';
import { parseUint64 } from './number-syntax.ts';

export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';
export type StoreOutcome = 'stored' | 'exists' | 'missing' | 'not-stored';

/** An item to be stored. */
export interface Draft {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: number;
  readonly expiresAt: number;
  /** CAS number to compare with; 0: none. */
  readonly cas: bigint;
  readonly binaryKey?: boolean;
  /** Meta flag `I`: also accepts a lower CAS number than the item's, and marks the item stale. */
  readonly invalidate?: boolean;
}

export type Arithmetic =
  | { readonly outcome: 'done'; readonly value: bigint; readonly item: Item }
  | { readonly outcome: 'missing' | 'exists' | 'not-a-number' };

export interface StoreLimits {
  /** All items together, in bytes. */
  readonly memoryBytes: number;
  /** One item with memcached's header, in bytes. */
  readonly itemBytes: number;
}

interface Counts {
  /** Items stored since the start. */
  total: number;
  /** Live items that were evicted. */
  evictions: number;
  /** Expired and flushed items that a request found, and those that were reclaimed before any request. */
  expired: number;
  flushed: number;
  reclaimed: number;
}

function noCounts(): Counts {
  return { total: 0, evictions: 0, expired: 0, flushed: 0, reclaimed: 0 };
}

/** Thirty days: a greater exptime is a Unix time. */
const LONGEST_RELATIVE_SECONDS = 2_592_000;

/**
 * The items of one node, in LRU order. Drops expired items when it meets them, and evicts the oldest when memory runs
 * out. Time has a resolution of one second, as in memcached.
 */
export class ItemStore {
  readonly counts: Counts = noCounts();
  /** Unix time in seconds. */
  readonly startedAt: number;
  readonly #now: () => number;
  #limits: StoreLimits;
  /** In order of use: a fetched item moves to the end. */
  readonly #items: Map<string, Item> = new Map();
  #bytes = 0;
  #lastCas = 0n;
  /** From a delayed `flush_all`: from this second on, items last used in or before it are gone; 0 for none. */
  #flushedUpTo = 0;
  /** From an immediate `flush_all`: items with this or a lower CAS number are gone. */
  #flushedCas = 0n;
  /** The second of the last {@link reclaim}. */
  #reclaimedAt = 0;

  /** @param nowMs - milliseconds since 1970 */
  constructor(limits: StoreLimits, nowMs: () => number = Date.now) {
    this.#limits = limits;
    this.#now = () => Math.floor(nowMs() / 1_000);
    this.startedAt = this.#now();
  }

  get limits(): StoreLimits {
    return this.#limits;
  }

  get size(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Seconds since the last use of the least recently used item; 0 without items. */
  oldestAge(): number {
    const [oldest] = this.#items.values();
    return oldest === undefined ? 0 : this.#now() - oldest.usedAt;
  }

  /** Unix time in seconds. */
  now(): number {
    return this.#now();
  }

  /**
   * Converts an exptime to a Unix time: 0 never expires, a negative one expires at once, up to 30 days is relative,
   * more is a Unix time.
   */
  expiry(exptime: number): number {
    if (exptime === 0) return 0;
    if (exptime < 0) return 1;
    return exptime > LONGEST_RELATIVE_SECONDS ? exptime : this.#now() + exptime;
  }

  /**
   * Seconds until the item expires; `-1` never. An item that was just expired shows a huge number, as in memcached: its
   * times are unsigned, and none is earlier than a minute before the start.
   */
  remaining(item: Item): number {
    return item.expiresAt === 0 ? -1 : (Math.max(item.expiresAt, this.startedAt - 61) - this.#now()) >>> 0;
  }

  /**
   * Whether an item of this size is refused: `too-large` exceeds the limit of an item, `no-memory` that of all items.
   */
  refusal(keyBytes: number, flags: number, valueBytes: number): 'too-large' | 'no-memory' | undefined {
    const size = itemBytes(keyBytes, flags, valueBytes);
    if (size > this.#limits.itemBytes) return 'too-large';
    return size > this.#limits.memoryBytes ? 'no-memory' : undefined;
  }

  /** The live item; does not count as a use. */
  find(key: string): Item | undefined {
    const item = this.#items.get(key);
    if (!item) return undefined;
    const now = this.#now();
    if (this.#isFlushed(item, now)) {
      this.counts.flushed++;
      this.#drop(item);
      return undefined;
    }
    if (item.expiresAt !== 0 && item.expiresAt <= now) {
      this.counts.expired++;
      this.#drop(item);
      return undefined;
    }
    return item;
  }

  /** The live item; counts as a use. */
  fetch(key: string): Item | undefined {
    const item = this.find(key);
    if (item) this.use(item);
    return item;
  }

  use(item: Item): void {
    item.fetched = true;
    this.#promote(item);
  }

  store(mode: StoreMode, draft: Draft): { readonly outcome: StoreOutcome; readonly cas: bigint } {
    const old = this.find(draft.key);
    const outcome = old ? outcomeOverItem(mode, draft, old) : outcomeOverNothing(mode);
    if (outcome === 'overwrite') return { outcome: 'stored', cas: this.#link(draft).cas };
    if (outcome === 'overwrite-stale' && old) return { outcome: 'stored', cas: this.#replaceStale(old, draft).cas };
    if (outcome === 'extend' && old) return this.#extend(mode, draft, old);
    if (mode === 'add' && old) this.#promote(old);
    return { outcome: outcome as StoreOutcome, cas: 0n };
  }

  /** Creates a missing item, for meta's autovivification. */
  create(draft: Draft): Item {
    return this.#link(draft);
  }

  delete(item: Item): void {
    this.#drop(item);
  }

  /** Meta `md ... I`: keeps the item but marks it stale. */
  invalidate(item: Item): void {
    item.stale = true;
    item.tokenSent = false;
    item.cas = this.#nextCas();
  }

  /** Increments or decrements the number at the start of the value. Never below 0; wraps at 2^64. */
  arithmetic(key: string, direction: 'up' | 'down', delta: bigint, cas: bigint): Arithmetic {
    const item = this.find(key);
    if (!item) return { outcome: 'missing' };
    if (item.value.length === 0) return { outcome: 'not-a-number' };
    if (cas !== 0n && cas !== item.cas) return { outcome: 'exists' };
    const before = parseUint64(item.value.toString('latin1', 0, 64));
    if (before === undefined) return { outcome: 'not-a-number' };
    const below = direction === 'down' && delta > before;
    const value = below ? 0n : BigInt.asUintN(64, direction === 'up' ? before + delta : before - delta);
    const digits = String(value);
    if (digits.length > item.value.length) {
      const { flags, expiresAt, binaryKey } = item;
      item.cas = this.#link({ key, flags, expiresAt, binaryKey, cas: 0n, value: Buffer.from(digits, 'latin1') }).cas;
      // Returns the replaced item: memcached, too, loses a new time to live of the same `ma` then.
      return { outcome: 'done', value, item };
    }
    // Pads a shorter number with spaces, as in memcached. A new buffer, because a pending reply may hold the old one.
    item.value = Buffer.from(digits.padEnd(item.value.length), 'latin1');
    item.cas = this.#nextCas();
    return { outcome: 'done', value, item };
  }

  /** Drops all items now, or in `exptime` seconds (or at that Unix time) those not used since. */
  flush(exptime: number): void {
    const now = this.#now();
    const upTo = (exptime > 0 ? this.expiry(exptime) : now) - 1;
    this.#flushedUpTo = upTo;
    if (upTo > now) return;
    this.#flushedCas = this.#nextCas();
    this.#reclaimedAt = 0;
  }

  /** Drops expired and flushed items; scans at most once per second of the clock. */
  reclaim(): void {
    const now = this.#now();
    if (now === this.#reclaimedAt) return;
    this.#reclaimedAt = now;
    for (const item of this.#items.values()) {
      if (!this.#isFlushed(item, now) && (item.expiresAt === 0 || item.expiresAt > now)) continue;
      this.counts.reclaimed++;
      this.#drop(item);
    }
  }

  /** Sets the memory limit; the next stored item evicts what exceeds it. */
  limitMemory(memoryBytes: number): void {
    this.#limits = { ...this.#limits, memoryBytes };
  }

  resetCounts(): void {
    Object.assign(this.counts, noCounts());
  }

  /** The items for a listing, oldest first. Includes items that expire in the current second, as in memcached. */
  *list(): IterableIterator<Item> {
    // A copy, because items move when they are used meanwhile.
    for (const item of Array.from(this.#items.values())) {
      const now = this.#now();
      if (this.#items.get(item.key) !== item || this.#isFlushed(item, now)) continue;
      if (item.expiresAt === 0 || item.expiresAt >= now) yield item;
    }
  }

  /** Moves the item to the end of the LRU order. */
  #promote(item: Item): void {
    item.usedAt = this.#now();
    this.#items.delete(item.key);
    this.#items.set(item.key, item);
  }

  #isFlushed(item: Item, now: number): boolean {
    return (
      item.cas <= this.#flushedCas ||
      (this.#flushedUpTo !== 0 && this.#flushedUpTo <= now && item.usedAt <= this.#flushedUpTo)
    );
  }

  #extend(mode: StoreMode, draft: Draft, old: Item): { readonly outcome: StoreOutcome; readonly cas: bigint } {
    const value = Buffer.concat(mode === 'append' ? [old.value, draft.value] : [draft.value, old.value]);
    if (this.refusal(old.key.length, old.flags, value.length)) return { outcome: 'not-stored', cas: 0n };
    const { flags, expiresAt } = old;
    return { outcome: 'stored', cas: this.#link({ ...draft, flags, expiresAt, value }).cas };
  }

  #replaceStale(old: Item, draft: Draft): Item {
    const item = this.#link({ ...draft, expiresAt: old.expiresAt });
    item.stale = true;
    item.tokenSent = old.tokenSent;
    return item;
  }

  #link(draft: Draft): Item {
    const old = this.#items.get(draft.key);
    if (old) this.#drop(old);
    const item: Item = {
      key: draft.key,
      value: draft.value,
      flags: draft.flags,
      expiresAt: draft.expiresAt,
      cas: this.#nextCas(),
      usedAt: this.#now(),
      fetched: false,
      binaryKey: draft.binaryKey ?? false,
      stale: false,
      tokenSent: false,
    };
    this.counts.total++;
    this.#bytes += sizeOf(item);
    this.#evict();
    this.#items.set(item.key, item);
    return item;
  }

  /** Frees memory, expired items first. */
  #evict(): void {
    if (this.#bytes > this.#limits.memoryBytes) this.reclaim();
    for (const oldest of this.#items.values()) {
      if (this.#bytes <= this.#limits.memoryBytes) return;
      this.counts.evictions++;
      this.#drop(oldest);
    }
  }

  #drop(item: Item): void {
    this.#items.delete(item.key);
    this.#bytes -= sizeOf(item);
  }

  #nextCas(): bigint {
    return ++this.#lastCas;
  }
}

type Decision = StoreOutcome | 'overwrite' | 'overwrite-stale' | 'extend';

function outcomeOverItem(mode: StoreMode, draft: Draft, old: Item): Decision {
  const matches = draft.cas === old.cas;
  if (mode === 'add') return 'not-stored';
  if (mode === 'append' || mode === 'prepend') return draft.cas === 0n || matches ? 'extend' : 'exists';
  if (mode !== 'cas' || matches) return 'overwrite';
  return draft.invalidate === true && draft.cas !== 0n && draft.cas < old.cas ? 'overwrite-stale' : 'exists';
}

function outcomeOverNothing(mode: StoreMode): Decision {
  if (mode === 'set' || mode === 'add') return 'overwrite';
  return mode === 'cas' ? 'missing' : 'not-stored';
}

function sizeOf(item: Item): number {
  return itemBytes(item.key.length, item.flags, item.value.length);
}
