/** Writing a record: compare-and-swap on every node that could be asked for the key. */
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { conflict } from './conflict.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { RequestOptions, StoreMode } from '../transport/transport.ts';
import { secondsOn, type Route } from '../membership/route.ts';
import type { Cluster } from '../cluster.ts';
import { Fences } from './fences.ts';
import { hasOutlived, MOVED_SECONDS } from './moved.ts';
import { PlacedCopies } from './placed-copies.ts';
import {
  asFailure,
  casOf,
  highestVersion,
  isCertain,
  isCovered,
  askNode,
  lookByRoute,
  newestOf,
  outOfReach,
  failureIn,
  type Reply,
} from './replies.ts';

/** What a write expects to find; `anything`: last writer wins. A tombstone refuses all three. */
type Expectation = StoredRecord | 'absent' | 'anything';

export interface Change {
  readonly value: Uint8Array | string;
  readonly ttlSeconds: number;
  readonly expect: Expectation;
}

/** Attempts of a write that lost a race to something that is not a conflict (a migration, a touch, a new view). */
const MAX_ATTEMPTS = 8;

/**
 * `own`: what an earlier attempt of this operation wrote on at least one node. A refused write does not count: another
 * process may have written the same bytes under the same version, and only one of the two may be acknowledged. `ownAt`:
 * the node that `own` is on.
 */
export async function write(
  cluster: Cluster,
  key: string,
  change: Change,
  options: RequestOptions | undefined,
  own: StoredRecord[] = [],
  ownAt?: string,
): Promise<StoredRecord> {
  await cluster.willLive(change.ttlSeconds);
  const placed = new PlacedCopies(cluster, key);
  if (ownAt !== undefined) for (const { bytes } of own) placed.add(ownAt, bytes);
  try {
    return await writeByRoute(cluster, key, change, placed, own, options);
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
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // A handover is about to finish: after that it is clear which node orders writers.
    if (cluster.route(key).undecided !== undefined) await cluster.ensurePublished();
    const { basis } = cluster;
    const route = cluster.route(key);
    const fences = new Fences(cluster);
    const written = await writeToAll(cluster, key, change, { route, basis, fences, placed }, own, options);
    if (written === 'again' || !(await fences.hold())) continue;
    await cluster.ensurePublished();
    if (cluster.route(key).targets.every((id) => route.targets.includes(id))) return written;
  }
  throw new SessClientError(
    'SESS_UNAVAILABLE',
    'The cluster changed, or others wrote the key, faster than the write could follow; try again.',
  );
}

/** By which route an attempt goes, and what it asked to be sure of it. */
interface Way {
  readonly route: Route;
  readonly basis: object;
  readonly fences: Fences;
  readonly placed: PlacedCopies;
}

async function writeToAll(
  cluster: Cluster,
  key: string,
  change: Change,
  way: Way,
  own: StoredRecord[],
  options: RequestOptions | undefined,
): Promise<StoredRecord | 'again'> {
  const { route } = way;
  const startedAt = cluster.clock.elapsed();
  const replies = await lookByRoute(cluster, key, route.targets, route, options);
  if (replies === 'changed') return 'again';
  refuseWhatDoesNotHold(cluster, route, change.expect, replies, own);
  const [first, ...rest] = replies.filter(({ failure }) => failure === undefined);
  if (first === undefined) throw outOfReach(failureIn(replies) as SessClientError, replies);
  const version = cluster.versions.next(highestVersion(replies));
  const bytes = encodeRecord(change.value, version, change.ttlSeconds);
  const written = StoredRecord.written(bytes, change.ttlSeconds);
  const put = (reply: Reply): Promise<boolean> =>
    putRecord(cluster, key, way, reply, bytes, change.ttlSeconds, options);
  // The first node orders writers: it is the same for every client, so one of two writers loses here, before it wrote
  // anywhere else.
  if (route.closing.size > 0 && (hasOutlived(cluster, startedAt) || cluster.ensureFresh() !== undefined))
    return 'again';
  if (!(await put(first))) return 'again';
  own.push(written);
  if (rest.length > 0 && !(await stillDecides(cluster, way))) return 'again';
  try {
    for (const reply of rest)
      if (!(await follow(cluster, key, { reply, first, version, way }, put, options))) return 'again';
  } catch (error) {
    // Migrated or changed meanwhile: the last writer tries again.
    if (change.expect !== 'anything' || codeOf(error) !== 'SESS_CONFLICT') throw error;
    return 'again';
  }
  return written;
}

/**
 * Whether the node that took a record first still decides: nothing changed behind it that another writer may already
 * act by.
 */
async function stillDecides(cluster: Cluster, { basis, fences }: Way): Promise<boolean> {
  return (await fences.hold()) && cluster.basis === basis;
}

/** Conflicts, and what can't be known because a node that could hold something does not answer. */
function refuseWhatDoesNotHold(
  cluster: Cluster,
  route: Route,
  expect: Expectation,
  replies: readonly Reply[],
  own: readonly StoredRecord[],
): void {
  // What this very operation wrote in an earlier attempt is not held against it. By its bytes, too: two processes may
  // make the same version.
  const foreign = replies.filter(
    ({ entry }) => !(entry?.kind === 'record' && own.some((written) => written.equals(entry))),
  );
  const newest = newestOf(foreign);
  if (newest?.kind === 'tombstone')
    throw conflict(expect === 'absent' ? 'present' : 'deleted', holderOf(replies, newest));
  // A node that is ejected was skipped by everybody since. One that merely did not answer is still read by others.
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
    // With several copies, one answer from each view tells that nothing is there.
    if (failure !== undefined && !isCovered(route, replies)) throw outOfReach(failure, replies);
    return;
  }
  if (newest !== undefined && newest.version > expect.version) throw conflict('changed', holderOf(replies, newest));
  const certain = route.mode === 'handover' && isCertain(expect, route);
  const missing = failureIn(replies);
  // A node that does not answer may have something newer.
  if (missing !== undefined && !certain && !isCovered(route, replies)) throw outOfReach(missing, replies);
  const baseSeen = replies.some(({ entry }) => entry?.kind === 'record' && entry.version >= expect.version);
  if (baseSeen) return;
  const failure = failureIn(replies);
  if (failure !== undefined) throw outOfReach(failure, replies);
  throw conflict('gone', route.owners[0]);
}

/** Two clients act on views with different first nodes: both could be told that their write won. */
function undecided(route: Route): SessClientError {
  if (route.undecided === 'closing') {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      'A handover is being finished, and a node does not say whether it knows; try again.',
    );
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    'Another process places keys by a distribution that this one does not know; nothing is written until the processes agree. ' +
      'Change between distributions of @sess/hash-ring by a rolling deploy, and to or from one of your own by stopping the old processes first.',
  );
}

function holderOf(replies: readonly Reply[], entry: Entry): string | undefined {
  return replies.find((reply) => reply.entry === entry)?.id;
}

/** Another node for a record that the first target has accepted. */
interface Step {
  readonly reply: Reply;
  readonly first: Reply;
  readonly version: bigint;
  readonly way: Way;
}

/**
 * Brings a record to one more node, over anything older. Something newer means that somebody else was decided on, or
 * went on from this record. `false` when somebody wrote there, and the first target may not decide any more.
 */
async function follow(
  cluster: Cluster,
  key: string,
  { reply, first, version, way }: Step,
  put: (reply: Reply) => Promise<boolean>,
  options: RequestOptions | undefined,
): Promise<boolean> {
  let seen = reply;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (await put(seen)) return true;
    seen = await askNode(cluster, key, reply.id, options);
    if (seen.failure !== undefined) throw outOfReach(seen.failure);
    if (seen.entry?.kind === 'tombstone') throw conflict('deleted', reply.id);
    if (seen.entry?.kind !== 'record' || seen.entry.version <= version) {
      way.fences.behind(first.id);
      if (!(await stillDecides(cluster, way))) return false;
      continue;
    }
    if (await wentOn(cluster, key, first, seen.entry, way.route, options)) return true;
    throw conflict('changed', reply.id);
  }
  throw conflict('changed', reply.id);
}

/**
 * Whether the newer record on another target replaced this one on the first, where a compare-and-swap decides: then its
 * writer had seen this one, which is written and done. A caller who counts would count twice if it were told of a
 * conflict. Where views differ, another writer may have passed the first over.
 */
async function wentOn(
  cluster: Cluster,
  key: string,
  first: Reply,
  newer: StoredRecord,
  { mode }: Route,
  options: RequestOptions | undefined,
): Promise<boolean> {
  if (mode !== 'settled') return false;
  const { entry } = await askNode(cluster, key, first.id, options);
  return entry?.kind === 'record' && entry.version >= newer.version;
}

/** Writes if the item is still the one that `reply` saw. `false` if it is not. */
async function putRecord(
  cluster: Cluster,
  key: string,
  { route, fences, placed }: Way,
  { id, entry }: Reply,
  bytes: Buffer,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean> {
  const longest = secondsOn(id, ttlSeconds, route, cluster.clock.now());
  // What is put where nothing is, on an elder that is being emptied, only decides between writers: a process that dies
  // before it takes it back leaves it for no longer. Where it replaces a record, it may be the only copy.
  const seconds = route.closing.has(id) && entry?.kind !== 'record' ? Math.min(MOVED_SECONDS, longest) : longest;
  placed.add(id, bytes);
  try {
    const stored = cluster
      .node(id)
      .store(modeFor(entry), key, bytes, { ttlSeconds: seconds, flags: RECORD_FLAGS }, options);
    fences.behind(id);
    return (await stored) === 'stored';
  } catch (error) {
    throw outOfReach(asFailure(error));
  }
}

function modeFor(entry: Entry | undefined): StoreMode {
  const cas = entry === undefined ? undefined : casOf(entry);
  return cas === undefined ? 'add' : { cas };
}
