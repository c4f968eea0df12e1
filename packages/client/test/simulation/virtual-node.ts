/** A simulated memcached node: items with CAS numbers and expiry, and the ways in which a node fails. */
import type { StoreAttributes, StoreMode, StoreOutcome } from '../../src/transport/transport.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface VirtualItem {
  readonly value: Buffer;
  readonly flags: number;
  readonly unique: number;
  /** Virtual milliseconds; `Infinity` never expires. */
  readonly expiresAt: number;
}

/** `crashed` refuses connections; `paused` accepts requests and does not answer. */
export type NodeCondition = 'running' | 'crashed' | 'paused';

export class VirtualNode {
  readonly id: string;
  /** Distinguishes it from an earlier machine of the same name. */
  readonly address: string;
  readonly #time: VirtualTime;
  #items = new Map<string, VirtualItem>();
  #unique = 0;
  /** Incremented whenever connections are cut: those of an earlier generation are dead. */
  generation: number;
  condition: NodeCondition = 'running';
  /** Whether it is out of memory; as in memcached, a failed `set` then removes the old item. */
  isFull = false;
  /** Called for every item that is replaced. */
  onReplace: (key: string, before: Buffer, after: Buffer) => void = () => undefined;
  /** Requests received while paused, executed on resume, maybe after their timeout. */
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

  /** Makes the node unreachable, but keeps its items. */
  hide(): void {
    this.condition = 'crashed';
    this.resetConnections();
  }

  /** Restarts with its current items, and reuses CAS numbers above theirs; without items, from the beginning. */
  start(): void {
    this.condition = 'running';
    this.#unique = 0;
    for (const { unique } of this.#items.values()) this.#unique = Math.max(this.#unique, unique);
  }

  /** Removes an item, as for lack of memory. */
  evict(key: string): void {
    this.#items.delete(key);
  }

  /** `flush_all`: removes all items and keeps the connections. */
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

  /** Executes `request` now or on resume; never if the node crashes before. */
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
