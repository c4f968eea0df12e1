/** A memcached node in memory: items with CAS numbers and expiry, and the ways in which a node fails. */
import type { StoreAttributes, StoreMode, StoreOutcome } from '../../src/transport/transport.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface VirtualItem {
  readonly value: Buffer;
  readonly flags: number;
  readonly unique: number;
  /** Virtual milliseconds; Infinity never. */
  readonly expiresAt: number;
}

/** `crashed` refuses connections; `paused` takes requests and does not answer. */
export type NodeCondition = 'running' | 'crashed' | 'paused';

export class VirtualNode {
  readonly id: string;
  /** Tells it from an earlier machine of the same name. */
  readonly address: string;
  readonly #time: VirtualTime;
  #items = new Map<string, VirtualItem>();
  #unique = 0;
  /** Rises whenever connections are cut: those to an earlier one are dead. */
  generation: number;
  condition: NodeCondition = 'running';
  /** Whether nothing can be stored; as with memcached, the attempt removes what was there. */
  isFull = false;
  /** Hears of every item that is replaced by another. */
  onReplace: (key: string, before: Buffer, after: Buffer) => void = () => undefined;
  /** What came while the node was paused, and is done when it goes on: nobody may be waiting for it any more. */
  #backlog: (() => void)[] = [];

  constructor(id: string, machine: number, time: VirtualTime) {
    this.id = id;
    this.address = `${id}/${machine}`;
    this.generation = machine * 1_000;
    this.#time = time;
  }

  crash(): void {
    this.#items = new Map();
    this.hide();
  }

  /** Out of everybody's reach, with all that it holds. */
  hide(): void {
    this.condition = 'crashed';
    this.resetConnections();
  }

  /**
   * Starts again with what it holds, and CAS numbers from the lowest that nothing on it has: empty, from the beginning.
   */
  start(): void {
    this.condition = 'running';
    this.#unique = 0;
    for (const { unique } of this.#items.values()) this.#unique = Math.max(this.#unique, unique);
  }

  /** Loses an item for lack of memory. */
  evict(key: string): void {
    this.#items.delete(key);
  }

  /** `flush_all`: it holds nothing, and its connections stand. */
  flush(): void {
    this.#items = new Map();
  }

  resetConnections(): void {
    this.#backlog = [];
    this.generation += 1;
  }

  pause(): void {
    this.condition = 'paused';
  }

  resume(): void {
    this.condition = 'running';
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const request of backlog) request();
  }

  /** Does `request` now, or when the node goes on; never when it crashes before. */
  serve(request: () => void): void {
    if (this.condition === 'paused') this.#backlog.push(request);
    else if (this.condition === 'running') request();
  }

  get(key: string): VirtualItem | undefined {
    const item = this.#items.get(key);
    if (item === undefined || item.expiresAt > this.#time.now) return item;
    this.#items.delete(key);
    return undefined;
  }

  store(mode: StoreMode, key: string, value: Buffer, { ttlSeconds, flags }: StoreAttributes): StoreOutcome {
    const item = this.get(key);
    if (mode === 'add' && item !== undefined) return 'exists';
    if (typeof mode === 'object') {
      if (item === undefined) return 'missing';
      if (item.unique !== mode.cas.unique) return 'exists';
    }
    if (item !== undefined) this.onReplace(key, item.value, value);
    this.#items.set(key, { value, flags, unique: ++this.#unique, expiresAt: this.#expiry(ttlSeconds) });
    return 'stored';
  }

  touch(key: string, ttlSeconds: number): VirtualItem | undefined {
    const item = this.get(key);
    if (item === undefined) return undefined;
    const touched = { ...item, expiresAt: this.#expiry(ttlSeconds) };
    this.#items.set(key, touched);
    return touched;
  }

  keys(): readonly string[] {
    return [...this.#items.keys()].filter((key) => this.get(key) !== undefined);
  }

  ttlOf(item: VirtualItem): number {
    return item.expiresAt === Infinity ? -1 : Math.max(0, Math.ceil((item.expiresAt - this.#time.now) / 1000));
  }

  #expiry(ttlSeconds: number): number {
    return ttlSeconds === 0 ? Infinity : this.#time.now + ttlSeconds * 1000;
  }
}
