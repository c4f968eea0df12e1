/** Reads a key: which nodes to ask, and which replies decide, in each mode of its route. */
import { refusedValue, SessClientError } from '../errors.ts';
import type { StoredRecord } from '../record.ts';
import { readTargets, type Route } from '../membership/route.ts';
import { migrate } from '../repair/migrate.ts';
import type { KeyOperation } from '../cluster.ts';
import { Fences } from './fences.ts';
import {
  isCertain,
  isCovered,
  askNode,
  askNodes,
  holds,
  needs,
  askByRoute,
  newestOf,
  outOfReach,
  failureIn,
  type Reply,
} from './replies.ts';
import { Reservation } from './reservation.ts';
import { hasStopped } from './stopped.ts';
import { restoreCopies } from '../repair/read-repair.ts';

/** Attempts of a read that migrates: one to reserve the key, and others if writers win. Then it returns what it saw. */
const MAX_ATTEMPTS = 5;
/** Attempts of a read during which the views change. */
const MAX_ROUTES = 8;

export async function read(operation: KeyOperation): Promise<StoredRecord | undefined> {
  const { cluster, key } = operation;
  await cluster.ensureFresh();
  const { basis } = cluster;
  const route = cluster.route(key);
  const found = await readBy(operation, route);
  if (found !== undefined) return found;
  // If elders began to be emptied meanwhile, they may have been read too late, and the owners too early.
  if ((await isMissing(operation, readTargets(route))) && cluster.basis === basis) return found;
  return readBy(operation, cluster.route(key));
}

/** Continues a read after a miss on `owner`, the only node asked so far. */
export async function readMissed(operation: KeyOperation, owner: string): Promise<StoredRecord | undefined> {
  if (await isMissing(operation, [owner])) return undefined;
  const { cluster, key } = operation;
  return readBy(operation, cluster.route(key));
}

/**
 * Whether the key is missing: `asked` have missed, and by the latest views no other node may hold it. If `false`, newer
 * views were read, and further nodes must be asked.
 */
async function isMissing({ cluster, key }: KeyOperation, asked: readonly string[]): Promise<boolean> {
  const fences = new Fences(cluster);
  for (const id of asked) fences.behind(id);
  const changed = await fences.changed();
  const catchUp =
    changed.length === 0 ? cluster.ensureComplete() : cluster.relearn(changed).then(() => cluster.ensureComplete());
  await catchUp;
  return catchUp === undefined && readTargets(cluster.route(key)).every((id) => asked.includes(id));
}

/** Starts again with the current route if `route` is outdated. */
async function readBy(operation: KeyOperation, route: Route): Promise<StoredRecord | undefined> {
  let current = route;
  for (let attempt = 1; ; attempt += 1) {
    let found: StoredRecord | undefined | 'changed';
    try {
      found = await readOnce(operation, current);
    } catch (error) {
      if (!(await hasStopped(operation, error))) throw error;
      found = 'changed';
    }
    if (found !== 'changed') return found;
    if (attempt === MAX_ROUTES)
      throw new SessClientError(
        'SESS_UNAVAILABLE',
        'The cluster changed faster than the read could follow; try again.',
      );
    current = operation.cluster.route(operation.key);
  }
}

function readOnce(operation: KeyOperation, route: Route): Promise<StoredRecord | undefined | 'changed'> {
  switch (route.mode) {
    case 'settled':
      return readSettled(operation, route);
    case 'overlap':
      return readOverlap(operation, route);
    case 'handover':
      return readHandover(operation, route);
  }
}

/** Asks the owners in order, and the next one early if one is late; the first record wins. */
async function readSettled(operation: KeyOperation, route: Route): Promise<StoredRecord | undefined> {
  const missed: Reply[] = [];
  const silent: Reply[] = [];
  const order = operation.cluster.readingOrder(route.owners);
  for await (const reply of repliesInOrder(operation, order)) {
    if (reply.failure !== undefined) silent.push(reply);
    else if (reply.entry?.kind === 'record') {
      // An unknown time to live is granted anew: in one direction only, or near readers would keep a record for ever.
      const mayRestore = reply.entry.ttlSeconds !== undefined || order[0] === route.owners[0];
      if (missed.length > 0 && mayRestore) await restoreCopies(operation, reply, missed);
      return reply.entry;
    } else if (reply.entry?.kind === 'tombstone') return undefined;
    else missed.push(reply);
  }
  const failure = failureIn(silent);
  if (failure !== undefined) throw outOfReach(failure, [...missed, ...silent]);
  return undefined;
}

/**
 * Yields the owners' replies one after another. A late reply comes when it has arrived, unless the caller has stopped.
 */
async function* repliesInOrder(operation: KeyOperation, owners: readonly string[]): AsyncGenerator<Reply> {
  const { hedging } = operation.cluster;
  const ordered = hedging === undefined || owners.length < 2 ? owners : hedging.order(owners);
  let late: Promise<Reply> | undefined;
  for (const [index, id] of ordered.entries()) {
    const reply = askNode(operation, id);
    if (hedging === undefined || owners.length < 2) {
      yield await reply;
      continue;
    }
    const timed = hedging.timed(id, reply);
    if (late !== undefined) {
      // Either may be first; if that is a miss, the caller waits for the other.
      const both = [late, timed];
      late = undefined;
      const [winner, loser] = await firstOf(both);
      yield winner;
      yield await loser;
      continue;
    }
    if (index === ordered.length - 1) {
      yield await timed;
      continue;
    }
    const inTime = await hedging.inTime(id, timed);
    if (inTime !== 'late') yield inTime;
    else late = timed;
  }
}

/** The reply that settles first, and the other, which the caller may ignore. */
async function firstOf(replies: readonly Promise<Reply>[]): Promise<readonly [Reply, Promise<Reply>]> {
  const raced = replies.map(async (reply, index) => ({ index, reply: await reply }));
  const { index, reply } = await Promise.race(raced);
  const other = replies[1 - index] as Promise<Reply>;
  other.catch(() => undefined);
  return [reply, other];
}

/** Other clients may still act on another view: asks all nodes and migrates nothing. */
async function readOverlap(operation: KeyOperation, route: Route): Promise<StoredRecord | undefined | 'changed'> {
  const replies = await askByRoute(operation, readTargets(route), route);
  if (replies === 'changed') return replies;
  return answerAndRestore(operation, route, replies);
}

/**
 * Every client acts on the current view. A record written since then is on its owners and is the answer. For an older
 * or missing one, all nodes are asked, and the newest is migrated to the owners, so that this happens once for each
 * session.
 */
async function readHandover(operation: KeyOperation, route: Route): Promise<StoredRecord | undefined | 'changed'> {
  const { clock } = operation.cluster;
  const reservation = new Reservation(operation);
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = clock.latest();
    const first = await askNode(operation, route.owners[0] ?? '');
    if (first.entry?.kind === 'tombstone') return undefined;
    if (first.entry?.kind === 'record' && isCertain(first.entry, route)) return first.entry;
    // Elders first: what an elder lost since the first read was copied to its owners.
    const replies =
      route.closing.size > 0
        ? await askByRoute(operation, readTargets(route), route)
        : [first, ...(await askNodes(operation, readTargets(route).slice(1)))];
    if (replies === 'changed') return replies;
    // Uncertain until all nodes answer: an unseen copy could be the newest.
    if (failureIn(replies) !== undefined) return answerAndRestore(operation, route, replies);
    const newest = newestOf(replies);
    if (newest === undefined) return undefined;
    const migrated = await migrate(operation, { route, replies, newest, reservation, startedAt });
    // An owner refused it: the record stays on the elder, and the next read asks all nodes again.
    if (refusedValue(migrated)) return answer(route, replies);
    if (migrated !== 'overtaken') return newest.kind === 'tombstone' ? undefined : migrated;
    if (attempt === MAX_ATTEMPTS) return answer(route, replies);
  }
}

/**
 * The result of the replies, without migrating. If a copy was lost with a node, stores another on an owner that lacks
 * it: the next node may fail before all clients agree. A copy that ends before the others, because its node was an
 * earlier owner or away when the record was touched, counts as lost.
 */
async function answerAndRestore(
  operation: KeyOperation,
  route: Route,
  replies: readonly Reply[],
): Promise<StoredRecord | undefined> {
  const found = answer(route, replies);
  if (found === undefined) return undefined;
  const holder = replies.find(({ entry }) => entry === found);
  const copies = replies.filter((reply) => holds(reply, found));
  const lacking = replies.filter((reply) => route.owners.includes(reply.id) && needs(reply, found));
  if (holder === undefined || copies.length >= route.owners.length || lacking.length === 0) return found;
  // Unknown in the classic dialect and over memjs: perhaps the other copy has just expired, and this one ends next.
  if (found.ttlSeconds === undefined) return found;
  await operation.cluster.announceTtl(found.secondsLeft, 'remaining');
  await restoreCopies(operation, holder, lacking);
  return found;
}

/** The result of the replies, without migrating anything. */
function answer(route: Route, replies: readonly Reply[]): StoredRecord | undefined {
  const newest = newestOf(replies);
  if (newest?.kind === 'tombstone') return undefined;
  const failure = failureIn(replies);
  if (failure === undefined) return newest;
  if (newest !== undefined && isCovered(route, replies)) return newest;
  throw outOfReach(failure, replies);
}
