/** Writes a record: compare-and-swap on every node that may be asked for the key. */
import { refusedValue, SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { conflict } from './conflict.ts';
import { casOf, encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import { secondsOn, type Route } from '../membership/route.ts';
import { OUT_OF_FORGERY } from '../membership/unknown-past.ts';
import type { Cluster } from '../cluster.ts';
import { Fences } from './fences.ts';
import { hasOutlived, MOVED_SECONDS } from './moved.ts';
import { PlacedCopies } from './placed-copies.ts';
import { Reservation } from './reservation.ts';
import { hasReturned, maySkip } from './skipped.ts';
import { hasStopped } from './stopped.ts';
import {
  asFailure,
  highestVersion,
  isCertain,
  isCovered,
  askNode,
  askByRoute,
  newestOf,
  outOfReach,
  failureIn,
  type Reply,
} from './replies.ts';

/** The expected entry; `anything`: last writer wins. A tombstone refuses all three. */
type Expectation = StoredRecord | 'absent' | 'anything';

export interface Change {
  readonly value: Uint8Array | string;
  readonly ttlSeconds: number;
  readonly expect: Expectation;
}

/** Attempts of a write that loses races to anything but a conflict: a migration, a touch, a new view. */
const MAX_ATTEMPTS = 8;

/**
 * @param own what earlier attempts of this operation wrote on at least one node. A refused write does not count:
 *   another process may have written the same bytes under the same version, and only one of the two may be acknowledged
 * @param ownAt the node that `own` is on
 */
export async function write(
  cluster: Cluster,
  key: string,
  change: Change,
  options: RequestOptions | undefined,
  own: StoredRecord[] = [],
  ownAt?: string,
): Promise<StoredRecord> {
  const placed = new PlacedCopies(cluster, key);
  if (ownAt !== undefined) for (const { bytes } of own) placed.add(ownAt, bytes);
  try {
    return await writeByRoute(cluster, key, change, placed, own, options);
  } catch (error) {
    if (codeOf(error) === 'SESS_CONFLICT') await placed.giveWay();
    throw error;
  } finally {
    await placed.takeBack();
  }
}

async function writeByRoute(
  cluster: Cluster,
  key: string,
  change: Change,
  placed: PlacedCopies,
  own: StoredRecord[],
  options: RequestOptions | undefined,
): Promise<StoredRecord> {
  const reservation = new Reservation(cluster, key);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const { basis } = cluster;
    // A writer by another view stores its record and then reads the fence; this one publishes its view and then reads
    // the record. So one of the two sees the other.
    await cluster.announceTtl(change.ttlSeconds);
    if (cluster.basis !== basis) continue;
    const route = cluster.route(key);
    const fences = new Fences(cluster);
    let written: StoredRecord | 'again';
    try {
      written = await writeToAll(cluster, key, change, { route, basis, fences, placed, reservation }, own, options);
    } catch (error) {
      if (!(await hasStopped(cluster, key, error))) throw error;
      continue;
    }
    if (written === 'again') continue;
    if (!(await (route.targets.length > 1 ? fences.areUnchanged() : fences.hold()))) continue;
    const skipped = route.targets.filter((id) => !placed.wasSentTo(id));
    if (!(await maySkip(cluster, key, route, skipped))) continue;
    await cluster.ensurePublished();
    if (cluster.route(key).targets.every((id) => route.targets.includes(id))) return written;
  }
  throw new SessClientError(
    'SESS_UNAVAILABLE',
    'The cluster changed, or others wrote the key, faster than the write could follow; try again.',
  );
}

/** An attempt's route, and what verifies it. */
interface WriteAttempt {
  readonly route: Route;
  readonly basis: object;
  readonly fences: Fences;
  readonly placed: PlacedCopies;
  readonly reservation: Reservation;
}

async function writeToAll(
  cluster: Cluster,
  key: string,
  change: Change,
  context: WriteAttempt,
  own: StoredRecord[],
  options: RequestOptions | undefined,
): Promise<StoredRecord | 'again'> {
  const { route } = context;
  const startedAt = cluster.clock.latest();
  const replies = await askByRoute(cluster, key, route.targets, route, options);
  if (replies === 'changed' || hasReturned(cluster, replies)) return 'again';
  refuseWhatDoesNotHold(cluster, route, change.expect, replies, own);
  const [first, ...rest] = replies.filter(({ failure }) => failure === undefined);
  if (first === undefined) throw outOfReach(failureIn(replies) as SessClientError, replies);
  // It may have lost its memory while another write is between it and the next node.
  if (first.entry?.kind !== 'record' && replies.some(({ entry }) => entry?.kind === 'record')) {
    const reserved = await context.reservation.hold([first], options);
    if (refusedValue(reserved)) throw outOfReach(reserved);
    if (reserved === 'overtaken') return 'again';
  }
  const known = highestVersion(replies);
  const version = cluster.versions.next(known);
  const bytes = encodeRecord(change.value, version, change.ttlSeconds);
  const written = StoredRecord.written(bytes, change.ttlSeconds);
  const isLate = (): boolean => hasOutlived(cluster, startedAt, change.ttlSeconds);
  const put = (reply: Reply): Promise<boolean> =>
    putRecord(cluster, key, context, reply, bytes, change.ttlSeconds, options);
  // The first node orders writers: it is the same for every client, so one of two writers loses here, before it wrote
  // to any other node.
  if (isLate() || (route.closing.size > 0 && cluster.ensureFresh() !== undefined)) return 'again';
  if (!(await put(first))) return 'again';
  own.push(written);
  if (rest.length > 0 && !(await stillDecides(cluster, context))) return 'again';
  try {
    for (const reply of rest)
      if (!(await follow(cluster, key, { reply, first, known, version, context, isLate }, put, options)))
        return 'again';
  } catch (error) {
    // Migrated or changed meanwhile: the last writer wins, so try again.
    if (change.expect !== 'anything' || codeOf(error) !== 'SESS_CONFLICT') throw error;
    return 'again';
  }
  return written;
}

/** Whether the first node still orders writers: no change was published that another writer may already act by. */
async function stillDecides(cluster: Cluster, { basis, fences }: WriteAttempt): Promise<boolean> {
  return (await fences.areUnchanged()) && cluster.basis === basis;
}

/** Throws a conflict, or an outage if a node that may hold a newer entry does not answer. */
function refuseWhatDoesNotHold(
  cluster: Cluster,
  route: Route,
  expect: Expectation,
  replies: readonly Reply[],
  own: readonly StoredRecord[],
): void {
  // Ignores what this operation wrote in an earlier attempt. Compares bytes, too: two processes may create the same
  // version.
  const foreign = replies.filter(
    ({ entry }) => !(entry?.kind === 'record' && own.some((written) => written.equals(entry))),
  );
  const newest = newestOf(foreign);
  if (newest?.kind === 'tombstone')
    throw conflict(expect === 'absent' ? 'present' : 'deleted', holderOf(replies, newest));
  // No client uses an ejected node. One that merely did not answer this client may answer others.
  const silent = replies.find(
    ({ id, failure }) => failure !== undefined && (route.owners.includes(id) || cluster.node(id).health !== 'down'),
  );
  if (silent?.failure !== undefined) throw outOfReach(silent.failure, replies);
  if (route.undecided !== undefined) throw undecided(route);
  if (expect === 'anything') return;
  if (expect === 'absent') {
    const present = foreign.find(({ entry }) => entry !== undefined && entry.kind !== 'moved');
    if (present !== undefined) throw conflict('present', present.id);
    const failure = failureIn(replies);
    // With several copies, one answer per view proves that nothing is there.
    if (failure !== undefined && !isCovered(route, replies)) throw outOfReach(failure, replies);
    return;
  }
  if (newest !== undefined && newest.version > expect.version) throw conflict('changed', holderOf(replies, newest));
  const certain = route.mode === 'handover' && isCertain(expect, route);
  const missing = failureIn(replies);
  // A silent node may have a newer record.
  if (missing !== undefined && !certain && !isCovered(route, replies)) throw outOfReach(missing, replies);
  const baseSeen = replies.some(({ entry }) => entry?.kind === 'record' && entry.version >= expect.version);
  if (baseSeen) return;
  const failure = failureIn(replies);
  if (failure !== undefined) throw outOfReach(failure, replies);
  throw conflict('gone', route.owners[0]);
}

/** Clients act on views with different first nodes: two conflicting writes could both be acknowledged. */
function undecided(route: Route): SessClientError {
  if (route.undecided === 'closing') {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      'A handover is being finished, and a node has not confirmed it yet; try again.',
    );
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    'Another process places keys by a distribution that this one does not know; nothing is written until the processes agree. ' +
      'Change between distributions of @sess/hash-ring by a rolling deploy, and to or from one of your own by stopping the old processes first. ' +
      `If there is no such process and no historySecret, somebody else wrote this: ${OUT_OF_FORGERY}`,
  );
}

function holderOf(replies: readonly Reply[], entry: Entry): string | undefined {
  return replies.find((reply) => reply.entry === entry)?.id;
}

/** One more node for a record that the first target has stored. */
interface Step {
  readonly reply: Reply;
  readonly first: Reply;
  /** The highest version that this attempt read. */
  readonly known: bigint;
  readonly version: bigint;
  readonly context: WriteAttempt;
  /** Whether what this attempt read is too old. */
  readonly isLate: () => boolean;
}

/**
 * Stores the record on one more node, over anything older. A newer record means that another writer won, or built on
 * this one. `false` if the attempt is late, or another client wrote there and the first target may not order writers
 * any more.
 */
async function follow(
  cluster: Cluster,
  key: string,
  { reply, first, known, version, context, isLate }: Step,
  put: (reply: Reply) => Promise<boolean>,
  options: RequestOptions | undefined,
): Promise<boolean> {
  let seen = reply;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (isLate()) return false;
    if (await put(seen)) return true;
    seen = await askNode(cluster, key, reply.id, options);
    if (seen.failure !== undefined) throw outOfReach(seen.failure);
    if (seen.entry?.kind === 'tombstone') throw conflict('deleted', reply.id);
    // Its writer passed the first target, which has lost it, and may be told that it is stored.
    if (seen.entry?.kind === 'record' && seen.entry.version > known && seen.entry.version <= version) return false;
    if (seen.entry?.kind !== 'record' || seen.entry.version <= version) {
      context.fences.behind(first.id);
      if (!(await stillDecides(cluster, context))) return false;
      continue;
    }
    if (await newerBuiltOnThis(cluster, key, first, seen.entry, context, options)) return true;
    throw conflict('changed', reply.id);
  }
  throw conflict('changed', reply.id);
}

/**
 * Whether the newer record replaced this one on the first target, by compare-and-swap: then its writer has read this
 * one, and this write succeeded. Reporting a conflict would make a caller that increments a counter count twice. While
 * views differ, another writer may have skipped the first target; if that has lost its memory since, its fence changed.
 */
async function newerBuiltOnThis(
  cluster: Cluster,
  key: string,
  first: Reply,
  newer: StoredRecord,
  { route, fences }: WriteAttempt,
  options: RequestOptions | undefined,
): Promise<boolean> {
  if (route.mode !== 'settled') return false;
  const asked = askNode(cluster, key, first.id, options);
  fences.behind(first.id);
  const { entry } = await asked;
  return entry?.kind === 'record' && entry.version >= newer.version;
}

/** Stores the record if the item is still the one in the reply. Returns `false` if not. */
async function putRecord(
  cluster: Cluster,
  key: string,
  { route, fences, placed }: WriteAttempt,
  { id, entry }: Reply,
  bytes: Buffer,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean> {
  const longest = secondsOn(id, ttlSeconds, route, cluster.clock.now());
  // A new item on an elder that is being emptied only orders writers, so it expires soon if this process dies before
  // it removes it. If it replaces a record, it may be the only copy.
  const seconds = route.closing.has(id) && entry?.kind !== 'record' ? Math.min(MOVED_SECONDS, longest) : longest;
  placed.add(id, bytes);
  try {
    const stored = cluster
      .node(id)
      .store(modeFor(entry), key, bytes, { ttlSeconds: seconds, flags: RECORD_FLAGS }, options);
    fences.behind(id);
    const isStored = (await stored) === 'stored';
    if (!isStored) placed.refused(id, bytes);
    return isStored;
  } catch (error) {
    throw outOfReach(asFailure(error));
  }
}

function modeFor(entry: Entry | undefined): StoreMode {
  const cas = entry === undefined ? undefined : casOf(entry);
  return cas === undefined ? 'add' : { cas };
}
