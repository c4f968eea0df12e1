/**
 * Sets a new time to live on every node that may be asked for the key. Changes no tombstone. Where the route is settled,
 * nodes set it as told; otherwise a copy that lives longer keeps its life.
 */
import { refusedValue, SessClientError } from '../errors.ts';
import { casOf, RECORD_FLAGS, TOMBSTONE_FLAGS, type StoredRecord } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import { outlivesItsElder, secondsOn, type Route } from '../membership/route.ts';
import type { KeyOperation } from '../cluster.ts';
import { Fences } from './fences.ts';
import {
  asFailure,
  isCovered,
  lacks,
  askNode,
  askByRoute,
  newestOf,
  outOfReach,
  failureIn,
  isCertain,
  type Reply,
} from './replies.ts';
import { hasStopped } from './stopped.ts';
import { Reservation } from './reservation.ts';
import { readRepair } from '../repair/read-repair.ts';

/** Attempts of a touch during which the owners change. */
const MAX_ATTEMPTS = 8;

/** Returns whether there is a record. */
export async function touch(operation: KeyOperation, ttlSeconds: number): Promise<boolean> {
  const { cluster, key } = operation;
  await cluster.announceTtl(ttlSeconds);
  const reservation = new Reservation(operation);
  for (let attempt = 1; ; attempt += 1) {
    const { basis } = cluster;
    const route = cluster.route(key);
    const fences = new Fences(cluster);
    const found = await unlessStopped(operation, () => touchBy({ operation, ttlSeconds, route, fences, reservation }));
    const mayTrust = await fences.hold();
    if (found === false) await cluster.ensureComplete();
    const isSettled =
      mayTrust &&
      (found === true || cluster.basis === basis) &&
      cluster.route(key).targets.every((id) => route.targets.includes(id));
    if (found !== 'again' && (isSettled || attempt === MAX_ATTEMPTS)) return found;
    if (attempt === MAX_ATTEMPTS) throw overtaken();
  }
}

/** `again` if a drained node has stopped meanwhile. */
async function unlessStopped(
  operation: KeyOperation,
  attempt: () => Promise<boolean | 'again'>,
): Promise<boolean | 'again'> {
  try {
    return await attempt();
  } catch (error) {
    if (await hasStopped(operation, error)) return 'again';
    throw error;
  }
}

function overtaken(): SessClientError {
  return new SessClientError(
    'SESS_UNAVAILABLE',
    'The cluster changed, or others wrote the key, faster than the touch could follow; try again.',
  );
}

/** What is touched by which route, and what verifies the route. */
interface TouchAttempt {
  readonly operation: KeyOperation;
  readonly ttlSeconds: number;
  readonly route: Route;
  readonly fences: Fences;
  readonly reservation: Reservation;
}

function touchBy(attempt: TouchAttempt): Promise<boolean | 'again'> {
  const { mode, targets } = attempt.route;
  return mode === 'settled' && targets.length === 1 ? touchOne(attempt) : touchAll(attempt);
}

async function touchOne({ operation, ttlSeconds, route, fences }: TouchAttempt): Promise<boolean> {
  const { cluster, key, options } = operation;
  const [id = ''] = route.targets;
  const touched = cluster.node(id).touch(key, ttlSeconds, options);
  fences.behind(id);
  const found = await touched;
  if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(operation, id, ttlSeconds);
  return found?.flags === RECORD_FLAGS;
}

async function touchAll(attempt: TouchAttempt): Promise<boolean | 'again'> {
  const { operation, ttlSeconds, route, fences, reservation } = attempt;
  const replies = await askByRoute(operation, route.targets, route);
  if (replies === 'changed') return 'again';
  const newest = newestOf(replies);
  if (newest?.kind === 'tombstone') return false;
  const failure = failureIn(replies);
  if (newest === undefined) {
    if (failure !== undefined) throw outOfReach(failure);
    for (const { id } of replies) fences.behind(id);
    return false;
  }
  const unproved = failure !== undefined && !isCovered(route, replies) ? failure : undefined;
  // Like a read. A silent node may hold the tombstone of a record that a touch would keep alive for longer.
  if (unproved !== undefined && !(route.mode === 'handover' && isCertain(newest, route))) throw outOfReach(unproved);
  const holding = replies.filter(({ entry }) => entry?.kind === 'record' && entry.version === newest.version);
  const taken = await Promise.all(
    holding.map((reply) => (route.mode === 'settled' ? prolong(attempt, reply.id) : storeAgain(attempt, reply))),
  );
  // Destroyed or migrated since. One copy with the new life is not enough: a migrated one is newer, and its short life
  // would be copied over the long one.
  if (taken.includes(false)) return 'again';
  const refused = holding.flatMap(({ id }, index) => {
    const outcome = taken[index];
    return outcome instanceof SessClientError ? [{ id, entry: undefined, failure: outcome }] : [];
  });
  const [first] = refused;
  if (first !== undefined && !taken.includes(true)) throw outOfReach(first.failure);
  // A copy on an earlier owner expires with its window.
  const now = operation.cluster.clock.now();
  const isLong = holding.some(
    ({ id }, index) => taken[index] === true && secondsOn(id, ttlSeconds, route, now) >= ttlSeconds,
  );
  if (unproved !== undefined) {
    if (!isLong) throw outOfReach(unproved);
    return true;
  }
  // In every mode: a node that flaps for hours keeps views in overlap, where reads migrate nothing, and only touched
  // copies survive.
  const lacking = replies.filter((reply) => route.owners.includes(reply.id) && lacks(reply, newest.version));
  // If another client repaired it first, that copy has the shorter life and would soon be the last: try again.
  const repaired = await readRepair(operation, newest.lastingFor(ttlSeconds), lacking, reservation);
  if (repaired === 'overtaken') return 'again';
  if (repaired !== 'stored') {
    if (!isLong) throw outOfReach(repaired);
    if (!(await prolongOlder(attempt, lacking))) return 'again';
  }
  // Like a write. If the other copy is lost, the record would end before its acknowledged time. An ejected node is no
  // owner, and gets its copies again when it returns.
  const behind = failureIn([...replies, ...refused].filter(({ id }) => route.owners.includes(id)));
  if (behind !== undefined) throw outOfReach(behind);
  return true;
}

/**
 * Prolongs the older records of nodes that have no memory for the newest one: each may be the last copy soon. A touch
 * needs no memory. Returns whether they were still there.
 */
async function prolongOlder(attempt: TouchAttempt, lacking: readonly Reply[]): Promise<boolean> {
  const older = lacking.filter(({ entry }) => entry?.kind === 'record');
  const outcomes = await Promise.all(older.map(({ id }) => prolong(attempt, id)));
  const silent = outcomes.find((outcome) => outcome instanceof SessClientError);
  if (silent !== undefined) throw outOfReach(silent);
  return !outcomes.includes(false);
}

/** Whether the node had a live record; the error if it did not answer. */
async function prolong(
  { operation, ttlSeconds, route, fences }: TouchAttempt,
  id: string,
): Promise<boolean | SessClientError> {
  const { cluster, key, options } = operation;
  const seconds = secondsOn(id, ttlSeconds, route, cluster.clock.now());
  try {
    const touched = cluster.node(id).touch(key, seconds, options);
    fences.behind(id);
    const found = await touched;
    if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(operation, id, seconds);
    return found?.flags === RECORD_FLAGS;
  } catch (error) {
    fences.forget(id);
    return asFailure(error);
  }
}

/**
 * Stores the same record with a longer life, unless it lives long enough, or would outlive its elder. A touch would keep
 * the item's CAS number: a client that migrates the record meanwhile would not notice, and shorten its life again.
 */
async function storeAgain(attempt: TouchAttempt, { id, entry }: Reply): Promise<boolean | SessClientError> {
  const { operation, ttlSeconds, route, fences } = attempt;
  const { cluster, key, options } = operation;
  const cas = entry?.kind === 'record' ? casOf(entry) : undefined;
  if (entry?.kind !== 'record' || cas === undefined) return false;
  const now = cluster.clock.now();
  const seconds = secondsOn(id, ttlSeconds, route, now);
  const isLong = entry.secondsLeft === 0 || (entry.ttlSeconds !== undefined && entry.secondsLeft >= seconds);
  if (isLong || outlivesItsElder(id, route, now)) {
    fences.behind(id);
    return true;
  }
  try {
    const stored = cluster
      .node(id)
      .store({ cas }, key, entry.bytes, { ttlSeconds: seconds, flags: RECORD_FLAGS }, options);
    fences.behind(id);
    if ((await stored) === 'stored') return true;
  } catch (error) {
    fences.forget(id);
    // A touch needs no memory, and no migration can be stored there either.
    if (refusedValue(error)) return prolong(attempt, id);
    return asFailure(error);
  }
  return failureOrIsProlonged(await askNode(operation, id), entry, seconds);
}

/** Whether another touch was faster. */
function failureOrIsProlonged(
  { entry, failure }: Reply,
  { version }: StoredRecord,
  seconds: number,
): boolean | SessClientError {
  if (failure !== undefined) return failure;
  if (entry?.kind !== 'record' || entry.version !== version) return false;
  return entry.ttlSeconds === undefined || entry.secondsLeft === 0 || entry.secondsLeft >= seconds;
}

/**
 * The touch hit a tombstone that was written since. If that shortened its life, stores it again with its remaining
 * time, by compare-and-swap because another write has its own expiry.
 */
async function giveBackItsEnd(operation: KeyOperation, id: string, touchedTo: number): Promise<void> {
  const { cluster, key, options } = operation;
  const { entry } = await askNode(operation, id);
  if (entry?.kind !== 'tombstone') return;
  const ttlSeconds = secondsUntil(entry.endsAt, cluster.clock.now());
  if (ttlSeconds <= touchedTo) return;
  await cluster.node(id).store({ cas: entry.cas }, key, entry.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
}
