/** Reads one key from several nodes, and evaluates their replies. */
import { codeOf } from '../node/breaker.ts';
import { refusedValue, SessClientError } from '../errors.ts';
import type { Entry, StoredRecord, Tombstone } from '../record.ts';
import type { Route } from '../membership/route.ts';
import { versionOf } from '../version.ts';
import type { KeyOperation } from '../cluster.ts';
import { Fences } from './fences.ts';

/** One node's reply: its entry, or why it failed. */
export interface Reply {
  readonly id: string;
  readonly entry: Entry | undefined;
  /** Why the node did not answer. */
  readonly failure: SessClientError | undefined;
}

/** Failures for which the node is not to blame: thrown to the caller, whatever the other nodes answered. */
const OF_THE_CALLER: ReadonlySet<string> = new Set([
  'SESS_ABORTED',
  'SESS_CLOSED',
  'SESS_BAD_KEY',
  'SESS_BAD_VALUE',
  'SESS_TOO_LARGE',
]);

export async function askNode({ cluster, key, options }: KeyOperation, id: string): Promise<Reply> {
  try {
    return { id, entry: await cluster.node(id).getEntry(key, options), failure: undefined };
  } catch (error) {
    return { id, entry: undefined, failure: asFailure(error) };
  }
}

/** Asks all nodes concurrently. The replies are in the order of `ids`. */
export function askNodes(operation: KeyOperation, ids: readonly string[]): Promise<readonly Reply[]> {
  return Promise.all(ids.map((id) => askNode(operation, id)));
}

/**
 * Asks all nodes, elders that are being emptied first: a record that left an elder is on its owners, and a read that
 * asked an owner before that would find neither copy. The replies are in the order of `ids`.
 *
 * `changed`: other clients may have stopped asking these elders and written only to the owners. The elders' replies
 * must not count; start again with the current route.
 */
export async function askByRoute(
  operation: KeyOperation,
  ids: readonly string[],
  route: Route,
): Promise<readonly Reply[] | 'changed'> {
  const { closing } = route;
  if (closing.size === 0) return askNodes(operation, ids);
  const leaving = await askNodes(
    operation,
    ids.filter((id) => closing.has(id)),
  );
  const { cluster, key } = operation;
  const staying = ids.filter((id) => !closing.has(id));
  const asked = askNodes(operation, staying);
  const fences = new Fences(cluster);
  for (const id of staying) fences.behind(id);
  const replies = [...leaving, ...(await asked)];
  for (const { id, failure } of replies) if (failure !== undefined) fences.forget(id);
  if (!(await fences.hold()) || !isSameRoute(route, cluster.route(key))) return 'changed';
  return replies.toSorted((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
}

function isSameRoute(before: Route, now: Route): boolean {
  return (
    before.targets.length === now.targets.length &&
    before.targets.every((id, index) => id === now.targets[index] && before.closing.has(id) === now.closing.has(id))
  );
}

/** Returns the failure of one node, for which another may answer; throws any other error. */
export function asFailure(error: unknown): SessClientError {
  const code = codeOf(error);
  if (!SessClientError.is(error) || code === undefined || OF_THE_CALLER.has(code)) throw error;
  return error;
}

/**
 * Whether a record was written after all clients acted on the current view. A version from the future proves nothing:
 * its clock was ahead.
 */
export function isCertain({ version }: StoredRecord, { agreedAt, latest }: Route): boolean {
  return version > versionOf(agreedAt) && version <= versionOf(latest);
}

/**
 * The newest entry: a tombstone beats every record, whatever the versions; of equal ones, the copy that lives longest.
 */
export function newestOf(replies: readonly Reply[]): StoredRecord | Tombstone | undefined {
  let newest: StoredRecord | Tombstone | undefined;
  for (const { entry } of replies) {
    if (entry?.kind !== 'record' && entry?.kind !== 'tombstone') continue;
    if (newest === undefined || beats(entry, newest)) newest = entry;
  }
  return newest;
}

function beats(one: StoredRecord | Tombstone, other: StoredRecord | Tombstone): boolean {
  if (one.kind !== other.kind) return one.kind === 'tombstone';
  if (one.version !== other.version) return one.version > other.version;
  return endOf(one) > endOf(other);
}

/** Comparable between entries of the same kind: the greater ends later. */
function endOf(entry: StoredRecord | Tombstone): number {
  if (entry.kind === 'tombstone') return entry.endsAt;
  return entry.secondsLeft === 0 ? Infinity : entry.secondsLeft;
}

/** Equal copies may differ by this much: nodes report rounded seconds. */
const SAME_LIFE_SECONDS = 2;

/** Whether the node needs no copy: its entry is as new as `newest` and lives as long. */
export function holds({ entry }: Reply, newest: StoredRecord | Tombstone): boolean {
  if (entry === undefined || entry.kind !== newest.kind) return false;
  // All tombstones are equal.
  if (entry.kind === 'tombstone' || newest.kind === 'tombstone') return true;
  return entry.version > newest.version || (entry.version === newest.version && livesAsLong(entry, newest));
}

/** A node that answered, and has nothing or something older than this version. */
export function lacks({ entry, failure }: Reply, version: bigint): boolean {
  if (failure !== undefined) return false;
  return entry === undefined || entry.kind === 'moved' || (entry.kind === 'record' && entry.version < version);
}

/** A node that answered, and has nothing, something older or a copy that ends before `newest`. */
export function needs(reply: Reply, newest: StoredRecord): boolean {
  return lacks(reply, newest.version) || (reply.entry?.kind === 'record' && !holds(reply, newest));
}

function livesAsLong(one: StoredRecord, other: StoredRecord): boolean {
  if (one.secondsLeft === 0) return true;
  return other.secondsLeft !== 0 && one.secondsLeft + SAME_LIFE_SECONDS >= other.secondsLeft;
}

/** The highest version in the replies. */
export function highestVersion(replies: readonly Reply[]): bigint {
  let highest = 0n;
  for (const { entry } of replies) {
    if (entry !== undefined && entry.kind !== 'foreign' && entry.version > highest) highest = entry.version;
  }
  return highest;
}

export function failureIn(replies: readonly Reply[]): SessClientError | undefined {
  return replies.find(({ failure }) => failure !== undefined)?.failure;
}

/**
 * Whether the newest reply is the newest entry that exists: of every view that a client acted on, one owner answered. A
 * write acknowledged under a view is on all of its owners that were in reach.
 */
export function isCovered(route: Route, replies: readonly Reply[]): boolean {
  const answered = new Set(replies.filter(({ failure }) => failure === undefined).map(({ id }) => id));
  return route.groups.every((group) => group.some((id) => answered.has(id)));
}

/**
 * The error if a node that may hold the key did not answer: that is not a miss. If only that node was asked, or it
 * refused a value, its own error is clearer.
 */
export function outOfReach(failure: SessClientError, replies?: readonly Reply[]): SessClientError {
  if (replies?.length === 1 || refusedValue(failure)) return failure;
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `Node ${failure.node ?? 'of the cluster'} may hold what was asked for and did not answer (${failure.code}); ask again when it is back.`,
    { node: failure.node, cause: failure },
  );
}
