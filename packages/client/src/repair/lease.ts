/**
 * Lets one client do work for all: a lease under a reserved key, then a record of completion. The lease is on the first
 * of several nodes; the completion record is on all of them, so that it survives the loss of some.
 */
import { SessClientError } from '../errors.ts';
import { casOf, encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';

/** Time to live of a lease that is not renewed. */
const LEASE_SECONDS = 15;
/** Not a number: a completion record is one. */
const HELD = 'held';
const FREE = '0';
/**
 * Clocks differ. A completion record from further in the future is ignored, because it would prevent the work for that
 * long.
 */
const MAX_AHEAD_MS = 86_400_000;

export class Lease {
  readonly #cluster: Cluster;
  readonly #key: string;
  /** Never empty. */
  readonly #nodes: readonly string[];
  readonly #signal: AbortSignal;
  /** The value of this lease, unique among clients. */
  readonly #own: string;
  #renewedAt = 0;

  constructor(cluster: Cluster, key: string, nodes: readonly string[], signal: AbortSignal) {
    this.#cluster = cluster;
    this.#key = key;
    this.#nodes = nodes;
    this.#signal = signal;
    this.#own = `${HELD} ${cluster.versions.next(undefined)}`;
  }

  /**
   * `done`: a client finished the work at `since` (milliseconds since 1970) or later. `held`: another client has the
   * lease.
   */
  async take(since: number): Promise<'taken' | 'held' | 'done'> {
    const entries = await Promise.all(
      this.#nodes.map((id) => this.#cluster.node(id).getEntry(this.#key, { signal: this.#signal })),
    );
    if (entries.some((entry) => isDone(entry, since, this.#cluster.clock.now()))) return 'done';
    const [first] = entries;
    if (first === undefined)
      return (await this.#write(this.#first, 'add', this.#own, LEASE_SECONDS)) ? 'taken' : 'held';
    if (isHeld(first)) return 'held';
    const cas = casOf(first);
    return cas !== undefined && (await this.#write(this.#first, { cas }, this.#own, LEASE_SECONDS)) ? 'taken' : 'held';
  }

  /**
   * Renews the lease if it is due; call it often while the work runs.
   * @throws {SessClientError} `SESS_UNAVAILABLE` if the lease is lost
   */
  async renew(): Promise<void> {
    const now = this.#cluster.clock.elapsed();
    if (now - this.#renewedAt < (LEASE_SECONDS * 1000) / 3) return;
    const found = await this.#cluster.node(this.#first).touch(this.#key, LEASE_SECONDS, { signal: this.#signal });
    if (found === undefined)
      throw new SessClientError(
        'SESS_UNAVAILABLE',
        'The lease is lost: it expired or was evicted; the work is tried again later.',
        { node: this.#first },
      );
    this.#renewedAt = now;
  }

  /** Releases the lease before the work is done, so that another client can continue at once. Never rejects. */
  async release(): Promise<void> {
    try {
      const entry = await this.#cluster.node(this.#first).getEntry(this.#key, undefined);
      if (entry?.kind !== 'record' || entry.value.toString() !== this.#own) return;
      const { cas } = StoredRecord.origin(entry);
      if (cas !== undefined) await this.#write(this.#first, { cas }, FREE, LEASE_SECONDS, undefined);
    } catch {
      // The lease expires by itself.
    }
  }

  /** Records for `ttlSeconds` that the work is done; this also ends the lease. */
  async done(at: number, ttlSeconds: number): Promise<void> {
    // The first node is last: a client that finds the lease free also finds the completion record.
    await Promise.all(this.#nodes.slice(1).map((id) => this.#leaveWord(id, at, ttlSeconds)));
    await this.#leaveWord(this.#first, at, ttlSeconds);
  }

  get #first(): string {
    return this.#nodes[0] ?? '';
  }

  async #leaveWord(id: string, at: number, ttlSeconds: number): Promise<void> {
    const entry = await this.#cluster.node(id).getEntry(this.#key, { signal: this.#signal });
    const cas = entry === undefined ? undefined : casOf(entry);
    await this.#write(id, cas === undefined ? 'add' : { cas }, String(at), ttlSeconds);
  }

  /** Returns whether the value was stored. */
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
    const outcome = await this.#cluster.node(id).store(mode, this.#key, bytes, attributes, options);
    this.#renewedAt = clock.elapsed();
    return outcome === 'stored';
  }
}

/** A value that is not a lease (another program's, or one that never expires) may be replaced. */
function isHeld(entry: Entry): boolean {
  return (
    entry.kind === 'record' &&
    entry.value.toString().startsWith(HELD) &&
    entry.secondsLeft > 0 &&
    entry.secondsLeft <= LEASE_SECONDS
  );
}

/** Whether the value records completion between `since` and about `now`, milliseconds since 1970. */
function isDone(entry: Entry | undefined, since: number, now: number): boolean {
  if (entry?.kind !== 'record' || !/^\d{1,15}$/.test(entry.value.toString('latin1', 0, 16))) return false;
  const at = Number(entry.value.toString());
  return at >= since && at <= now + MAX_AHEAD_MS;
}
