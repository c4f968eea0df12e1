/**
 * Work that one client does for all: a lease under a reserved key, and the word that it is done. The lease lies on the first of some nodes; the
 * word stands on all of them, so that it outlives some.
 */
import { SessClientError } from '../errors.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { casOf } from '../operations/look.ts';

/** A client that says nothing for so long does not work any more. */
const LEASE_SECONDS = 15;
/** No number, as a word that it is done is one. */
const HELD = 'held';
const FREE = '0';
/** Clocks differ; a word from further ahead would keep the work undone for as long. */
const MAX_AHEAD_MS = 86_400_000;

export class Lease {
  readonly #cluster: Cluster;
  readonly #key: string;
  /** Never empty. */
  readonly #nodes: readonly string[];
  readonly #signal: AbortSignal;
  /** Tells this lease from that of another. */
  readonly #own: string;
  #renewedAt = 0;

  constructor(cluster: Cluster, key: string, nodes: readonly string[], signal: AbortSignal) {
    this.#cluster = cluster;
    this.#key = key;
    this.#nodes = nodes;
    this.#signal = signal;
    this.#own = `${HELD} ${cluster.versions.next(undefined)}`;
  }

  /** `done`: somebody did it, not before `since`, milliseconds since 1970. `held`: somebody is at it. */
  async take(since: number): Promise<'taken' | 'held' | 'done'> {
    const entries = await Promise.all(this.#nodes.map((id) => this.#cluster.holder(id).look(this.#key, { signal: this.#signal })));
    if (entries.some((entry) => isDone(entry, since, this.#cluster.clock.now()))) return 'done';
    const [first] = entries;
    if (first === undefined) return (await this.#write(this.#first, 'add', this.#own, LEASE_SECONDS)) ? 'taken' : 'held';
    if (isHeld(first)) return 'held';
    const cas = casOf(first);
    return cas !== undefined && (await this.#write(this.#first, { cas }, this.#own, LEASE_SECONDS)) ? 'taken' : 'held';
  }

  /** Often enough, while the work goes on. @throws {SessClientError} `SESS_UNAVAILABLE` when the lease is lost. */
  async renew(): Promise<void> {
    const now = this.#cluster.clock.elapsed();
    if (now - this.#renewedAt < (LEASE_SECONDS * 1000) / 3) return;
    const found = await this.#cluster.holder(this.#first).touch(this.#key, LEASE_SECONDS, { signal: this.#signal });
    if (found === undefined) throw new SessClientError('SESS_UNAVAILABLE', 'The lease of the refill is lost.', { node: this.#first });
    this.#renewedAt = now;
  }

  /** The work was left in the middle: another may go on at once. Never rejects. */
  async release(): Promise<void> {
    try {
      const entry = await this.#cluster.holder(this.#first).look(this.#key, undefined);
      if (entry?.kind !== 'record' || entry.value.toString() !== this.#own) return;
      const { cas } = StoredRecord.origin(entry);
      if (cas !== undefined) await this.#write(this.#first, { cas }, FREE, LEASE_SECONDS, undefined);
    } catch {
      // It ends by itself.
    }
  }

  /** Leaves word that it is done, which ends the lease. It stands for so long. */
  async done(at: number, ttlSeconds: number): Promise<void> {
    // The first last: who finds the lease free finds the word too.
    await Promise.all(this.#nodes.slice(1).map((id) => this.#leaveWord(id, at, ttlSeconds)));
    await this.#leaveWord(this.#first, at, ttlSeconds);
  }

  get #first(): string {
    return this.#nodes[0] ?? '';
  }

  async #leaveWord(id: string, at: number, ttlSeconds: number): Promise<void> {
    const entry = await this.#cluster.holder(id).look(this.#key, { signal: this.#signal });
    const cas = entry === undefined ? undefined : casOf(entry);
    await this.#write(id, cas === undefined ? 'add' : { cas }, String(at), ttlSeconds);
  }

  /** Whether it was stored. */
  async #write(
    id: string,
    mode: StoreMode,
    word: string,
    ttlSeconds: number,
    options: RequestOptions | undefined = { signal: this.#signal },
  ): Promise<boolean> {
    const { clock, versions } = this.#cluster;
    const bytes = encodeRecord(word, versions.next(undefined), ttlSeconds);
    const attributes = { ttlSeconds, flags: RECORD_FLAGS };
    const outcome = await this.#cluster.holder(id).store(mode, this.#key, bytes, attributes, options);
    this.#renewedAt = clock.elapsed();
    return outcome === 'stored';
  }
}

/** What is no lease (something else is there, or it would never end) is free to be replaced. */
function isHeld(entry: Entry): boolean {
  return entry.kind === 'record' && entry.value.toString().startsWith(HELD) && entry.secondsLeft > 0 && entry.secondsLeft <= LEASE_SECONDS;
}

/** Whether it is said that it was done at a moment from `since` until about `now`, all milliseconds since 1970. */
function isDone(entry: Entry | undefined, since: number, now: number): boolean {
  if (entry?.kind !== 'record' || !/^\d{1,15}$/.test(entry.value.toString('latin1', 0, 16))) return false;
  const at = Number(entry.value.toString());
  return at >= since && at <= now + MAX_AHEAD_MS;
}
