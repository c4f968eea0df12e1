/**
 * With several copies: a node that returned, maybe empty, is brought up to date in the background from the other copies, without waiting for its
 * records to be asked for. One client does it, by a lease on the node itself; the others wait, and go on where it died.
 */
import { refillChannel } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord } from '../record.ts';
import type { StoreMode } from '../transport/transport.ts';
import { carryKey, holds, type ListingCluster } from './carry-key.ts';
import { forKeysOn } from './key-batches.ts';
import { lookAtAll, newestOf, outOfReach, silenceIn } from './look.ts';
import { putBack } from './put-back.ts';

export interface RefillableCluster extends ListingCluster {
  /** Ids of the nodes in rotation. */
  readonly rotation: readonly string[];
}

const LEASE_KEY = '@sess/refill';
/** A client that says nothing for so long does not refill any more. */
const LEASE_SECONDS = 15;
/** How long the word stands that it is done. */
const DONE_SECONDS = 3_600;
const KEYS_PER_SECOND = 1_000;
/** Looks at whether it is time, and at who has the lease. */
const PATIENCE_MS = 1_000;
/** Failures of one kind or another until the rest is left to reads. */
const MAX_FAILURES = 5;

/** Nodes that are being refilled, or wait for it. */
export class Refills {
  readonly #cluster: RefillableCluster;
  readonly #running = new Map<string, AbortController>();

  constructor(cluster: RefillableCluster) {
    this.#cluster = cluster;
  }

  /** `id` is in rotation again, or is another machine than before. */
  returned(id: string): void {
    this.left(id);
    const stop = new AbortController();
    this.#running.set(id, stop);
    const ended = (): void => {
      if (this.#running.get(id) === stop) this.#running.delete(id);
    };
    new Refill(this.#cluster, id, stop.signal).run().then(ended, ended);
  }

  /** `id` is out of reach: there is nothing to refill. */
  left(id: string): void {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
  }

  stop(): void {
    for (const id of this.#running.keys()) this.left(id);
  }
}

class Refill {
  readonly #cluster: RefillableCluster;
  readonly #id: string;
  readonly #signal: AbortSignal;
  /** What was done before is not this. */
  readonly #since: number;
  #keys = 0;
  #carried = 0;
  #renewedAt = 0;

  constructor(cluster: RefillableCluster, id: string, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#id = id;
    this.#signal = signal;
    this.#since = cluster.clock.now();
  }

  /** Never rejects: what is not refilled is put back when it is asked for. */
  async run(): Promise<void> {
    for (let failures = 0; ;) {
      try {
        if (await this.#attempt()) return;
      } catch (error) {
        if (this.#signal.aborted) return;
        failures += 1;
        // One that lists no keys will not do so later either.
        if (failures >= MAX_FAILURES || (SessClientError.is(error) && error.code === 'SESS_SERVER')) return this.#tell('given-up', error);
      }
      await this.#cluster.pause(PATIENCE_MS, this.#signal);
      if (this.#signal.aborted) return;
    }
  }

  /** Whether it is done, by whichever client. */
  async #attempt(): Promise<boolean> {
    if (this.#cluster.agreedInMs > 0) return false;
    const lease = await this.#takeLease();
    if (lease !== 'taken') return lease === 'done';
    this.#keys = 0;
    this.#carried = 0;
    this.#tell('begun', undefined);
    for (const source of this.#cluster.rotation) {
      if (source === this.#id) continue;
      await forKeysOn(this.#cluster, source, KEYS_PER_SECOND, this.#signal, (keys) => this.#carry(keys));
    }
    await this.#leaveWord();
    this.#tell('done', undefined);
    return true;
  }

  async #carry(keys: readonly string[]): Promise<void> {
    this.#signal.throwIfAborted();
    // Another change came: what is carried now could be carried by a map that others don't have.
    if (this.#cluster.agreedInMs > 0) throw new SessClientError('SESS_UNAVAILABLE', 'The cluster changed meanwhile.', { node: this.#id });
    const carried = await Promise.all(keys.map((key) => this.#carryKey(key)));
    this.#keys += keys.length;
    this.#carried += carried.filter(Boolean).length;
    await this.#renewLease();
  }

  /** Whether the node lacked something that it should hold. */
  async #carryKey(key: string): Promise<boolean> {
    const options = { signal: this.#signal };
    const route = this.#cluster.route(key);
    if (!route.owners.includes(this.#id)) return false;
    const looks = await lookAtAll(this.#cluster, key, route.owners, options);
    const silence = silenceIn(looks);
    if (silence !== undefined) throw outOfReach(silence);
    const newest = newestOf(looks);
    const own = looks.find(({ id }) => id === this.#id);
    if (newest === undefined || own === undefined || holds(own, newest)) return false;
    // Settled: the copies that there are agree, and nothing needs a new version.
    const missing = looks.filter(({ entry }) => entry === undefined);
    if (route.mode === 'settled' && newest.kind === 'record') await putBack(this.#cluster, key, newest, missing, options);
    else await carryKey(this.#cluster, key, this.#id, this.#signal);
    return true;
  }

  async #takeLease(): Promise<'taken' | 'held' | 'done'> {
    const entry = await this.#cluster.holder(this.#id).look(LEASE_KEY, { signal: this.#signal });
    if (entry === undefined) return this.#write('add', 'held', LEASE_SECONDS);
    if (entry.kind !== 'record') return 'held';
    const doneAt = Number(entry.value.toString());
    if (Number.isNaN(doneAt)) return 'held';
    if (doneAt >= this.#since) return 'done';
    const { cas } = StoredRecord.origin(entry);
    return cas === undefined ? 'held' : this.#write({ cas }, 'held', LEASE_SECONDS);
  }

  async #renewLease(): Promise<void> {
    const now = this.#cluster.clock.elapsed();
    if (now - this.#renewedAt < (LEASE_SECONDS * 1000) / 3) return;
    const found = await this.#cluster.holder(this.#id).touch(LEASE_KEY, LEASE_SECONDS, { signal: this.#signal });
    if (found === undefined) throw new SessClientError('SESS_UNAVAILABLE', 'The lease of the refill is lost.', { node: this.#id });
    this.#renewedAt = now;
  }

  async #leaveWord(): Promise<void> {
    const entry = await this.#cluster.holder(this.#id).look(LEASE_KEY, { signal: this.#signal });
    const cas = entry?.kind === 'record' ? StoredRecord.origin(entry).cas : undefined;
    if (cas !== undefined) await this.#write({ cas }, String(this.#cluster.clock.now()), DONE_SECONDS);
  }

  async #write(mode: StoreMode, word: string, ttlSeconds: number): Promise<'taken' | 'held'> {
    const { clock, versions } = this.#cluster;
    const bytes = encodeRecord(word, versions.next(undefined), ttlSeconds);
    const outcome = await this.#cluster
      .holder(this.#id)
      .store(mode, LEASE_KEY, bytes, { ttlSeconds, flags: RECORD_FLAGS }, { signal: this.#signal });
    this.#renewedAt = clock.elapsed();
    return outcome === 'stored' ? 'taken' : 'held';
  }

  #tell(phase: 'begun' | 'done' | 'given-up', error: unknown): void {
    if (!refillChannel.hasSubscribers) return;
    refillChannel.publish({ node: this.#id, phase, keys: this.#keys, carried: this.#carried, error });
  }
}
