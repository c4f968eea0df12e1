/** One attempt of a write: stores the record on all targets of one route. */
import { refusedValue, type SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { casOf, encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { StoreMode } from '../transport/transport.ts';
import { secondsOn, type Route } from '../membership/route.ts';
import type { KeyOperation } from '../cluster.ts';
import { conflict } from './conflict.ts';
import { refuseWhatDoesNotHold, type Expectation } from './expectation.ts';
import { Fences } from './fences.ts';
import { hasOutlived, MOVED_SECONDS } from './moved.ts';
import type { PlacedCopies } from './placed-copies.ts';
import { asFailure, askByRoute, askNode, failureIn, highestVersion, outOfReach, type Reply } from './replies.ts';
import type { Reservation } from './reservation.ts';
import { hasReturned } from './skipped.ts';

export interface Change {
  readonly value: Uint8Array | string;
  readonly ttlSeconds: number;
  readonly expect: Expectation;
}

/** What the attempts of one write share. */
export interface WriteProgress {
  readonly placed: PlacedCopies;
  readonly reservation: Reservation;
  /**
   * What earlier attempts wrote on at least one node. A refused write does not count: another process may have written
   * the same bytes under the same version, and only one of the two may be acknowledged.
   */
  readonly own: StoredRecord[];
}

/** The record that an attempt writes. */
interface NewRecord {
  readonly written: StoredRecord;
  /** The highest version that the attempt read. */
  readonly known: bigint;
  /** When it began to read, by {@link SteadyClock.latest}. */
  readonly startedAt: number;
}

/** Attempts to store the record on one node while others write there. */
const MAX_ATTEMPTS = 8;

export class WriteAttempt {
  readonly route: Route;
  readonly fences: Fences;
  readonly #operation: KeyOperation;
  readonly #change: Change;
  readonly #progress: WriteProgress;
  /** Identity of what decided the route. */
  readonly #basis: object;

  constructor(operation: KeyOperation, change: Change, progress: WriteProgress) {
    const { cluster, key } = operation;
    this.#operation = operation;
    this.#change = change;
    this.#progress = progress;
    this.#basis = cluster.basis;
    this.route = cluster.route(key);
    this.fences = new Fences(cluster);
  }

  /** Returns `again` if another attempt is needed. */
  async run(): Promise<StoredRecord | 'again'> {
    const { cluster } = this.#operation;
    const { value, ttlSeconds, expect } = this.#change;
    const { route } = this;
    const { own, reservation } = this.#progress;
    const startedAt = cluster.clock.latest();
    const replies = await askByRoute(this.#operation, route.targets, route);
    if (replies === 'changed' || hasReturned(cluster, replies)) return 'again';
    refuseWhatDoesNotHold(cluster, route, expect, replies, own);
    const [first, ...rest] = replies.filter(({ failure }) => failure === undefined);
    if (first === undefined) throw outOfReach(failureIn(replies) as SessClientError, replies);
    // It may have lost its memory while another write is between it and the next node.
    if (first.entry?.kind !== 'record' && replies.some(({ entry }) => entry?.kind === 'record')) {
      const reserved = await reservation.hold([first]);
      if (refusedValue(reserved)) throw outOfReach(reserved);
      if (reserved === 'overtaken') return 'again';
    }
    const known = highestVersion(replies);
    const bytes = encodeRecord(value, cluster.versions.next(known), ttlSeconds);
    const written = StoredRecord.written(bytes, ttlSeconds);
    const record = { written, known, startedAt };
    // The first node orders writers: it is the same for every client, so one of two writers loses here, before it wrote
    // to any other node.
    if (this.#isLate(record) || (route.closing.size > 0 && cluster.ensureFresh() !== undefined)) return 'again';
    if (!(await this.#put(record, first))) return 'again';
    own.push(written);
    if (rest.length > 0 && !(await this.#stillDecides())) return 'again';
    try {
      for (const reply of rest) if (!(await this.#follow(record, first, reply))) return 'again';
    } catch (error) {
      // Migrated or changed meanwhile: the last writer wins, so try again.
      if (expect !== 'anything' || codeOf(error) !== 'SESS_CONFLICT') throw error;
      return 'again';
    }
    return written;
  }

  /** Whether what this attempt read is too old. */
  #isLate({ startedAt }: NewRecord): boolean {
    return hasOutlived(this.#operation.cluster, startedAt, this.#change.ttlSeconds);
  }

  /** Whether the first node still orders writers: no change was published that another writer may already act by. */
  async #stillDecides(): Promise<boolean> {
    return (await this.fences.areUnchanged()) && this.#operation.cluster.basis === this.#basis;
  }

  /**
   * Stores the record on one more node, over anything older. A newer record means that another writer won, or built on
   * this one. `false` if the attempt is late, if another client wrote there and the first target may not order writers
   * any more, or if the record that it wrote or expects was migrated meanwhile.
   */
  async #follow(record: NewRecord, first: Reply, reply: Reply): Promise<boolean> {
    const { written, known } = record;
    const { version } = written;
    let seen = reply;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      if (this.#isLate(record)) return false;
      if (await this.#put(record, seen)) return true;
      seen = await askNode(this.#operation, reply.id);
      if (seen.failure !== undefined) throw outOfReach(seen.failure);
      if (seen.entry?.kind === 'tombstone') throw conflict('deleted', reply.id);
      // Its writer passed the first target, which has lost it, and may be told that it is stored.
      if (seen.entry?.kind === 'record' && seen.entry.version > known && seen.entry.version <= version) return false;
      if (seen.entry?.kind !== 'record' || seen.entry.version <= version) {
        this.fences.behind(first.id);
        if (!(await this.#stillDecides())) return false;
        continue;
      }
      if (this.#isMigrated(seen.entry)) return false;
      if (await this.#newerBuiltOnThis(first, seen.entry)) return true;
      throw conflict('changed', reply.id);
    }
    throw conflict('changed', reply.id);
  }

  /** Whether it is what this write stored, or expects, under the version of a migration. */
  #isMigrated(newer: StoredRecord): boolean {
    const { expect } = this.#change;
    const known = typeof expect === 'string' ? this.#progress.own : [expect, ...this.#progress.own];
    return known.some((record) => newer.isMigrationOf(record));
  }

  /**
   * Whether the newer record replaced this one on the first target, by compare-and-swap: then its writer has read this
   * one, and this write succeeded. Reporting a conflict would make a caller that increments a counter count twice.
   * While views differ, another writer may have skipped the first target; if that has lost its memory since, its fence
   * changed.
   */
  async #newerBuiltOnThis(first: Reply, newer: StoredRecord): Promise<boolean> {
    if (this.route.mode !== 'settled') return false;
    const asked = askNode(this.#operation, first.id);
    this.fences.behind(first.id);
    const { entry } = await asked;
    return entry?.kind === 'record' && entry.version >= newer.version;
  }

  /** Stores the record if the item is still the one in the reply. Returns `false` if not. */
  async #put({ written: { bytes } }: NewRecord, { id, entry }: Reply): Promise<boolean> {
    const { cluster, key, options } = this.#operation;
    const { placed } = this.#progress;
    const longest = secondsOn(id, this.#change.ttlSeconds, this.route, cluster.clock.now());
    // A new item on an elder that is being emptied only orders writers, so it expires soon if this process dies before
    // it removes it. If it replaces a record, it may be the only copy.
    const isOnlyForOrder = this.route.closing.has(id) && entry?.kind !== 'record';
    const ttlSeconds = isOnlyForOrder ? Math.min(MOVED_SECONDS, longest) : longest;
    placed.add(id, bytes);
    try {
      const stored = cluster.node(id).store(modeFor(entry), key, bytes, { ttlSeconds, flags: RECORD_FLAGS }, options);
      this.fences.behind(id);
      const isStored = (await stored) === 'stored';
      if (!isStored) placed.refused(id, bytes);
      return isStored;
    } catch (error) {
      throw outOfReach(asFailure(error));
    }
  }
}

function modeFor(entry: Entry | undefined): StoreMode {
  const cas = entry === undefined ? undefined : casOf(entry);
  return cas === undefined ? 'add' : { cas };
}
