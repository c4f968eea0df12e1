/** Destroys a key: stores a tombstone on every node that may be asked for it. */
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { casOf, encodeTombstone, TOMBSTONE_FLAGS } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import type { StoreMode } from '../transport/transport.ts';
import type { Route } from '../membership/route.ts';
import { conflict } from './conflict.ts';
import { mayAcknowledge } from './acknowledgement.ts';
import { hasReturned } from './skipped.ts';
import { hasStopped } from './stopped.ts';
import type { Cluster, KeyOperation } from '../cluster.ts';
import { Fences } from './fences.ts';
import { asFailure, highestVersion, askNode, askByRoute, newestOf, outOfReach, type Reply } from './replies.ts';

/** Some writer wins every round, so a delete loses at most as many rounds as there are concurrent writers. */
const MAX_ATTEMPTS = 64;

/** Returns whether there was a live record. */
export async function remove(operation: KeyOperation, ttlSeconds: number): Promise<boolean> {
  const { cluster, key } = operation;
  await cluster.announceTtl(ttlSeconds);
  let existed = false;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const replies = await askByRoute(operation, route.targets, route);
    if (replies === 'changed' || hasReturned(cluster, replies)) continue;
    const newest = newestOf(replies);
    const known = newest?.kind === 'tombstone' ? newest.endsAt : 0;
    const endsAt = Math.max(cluster.clock.latest() + ttlSeconds * 1000, known);
    const bytes = encodeTombstone(cluster.versions.next(highestVersion(replies)), ttlSeconds, endsAt);
    const fences = new Fences(cluster);
    const failures = [];
    const skipped = [];
    for (const reply of replies) {
      const { replaced, failure } = await storeTombstone(operation, reply, { bytes, endsAt, fences });
      existed ||= replaced;
      if (failure === undefined) continue;
      cluster.hint(reply.id, key, bytes, endsAt);
      skipped.push(reply.id);
      if (mayBeReadByOthers(cluster, route, reply.id)) failures.push(failure);
    }
    const [failure] = failures;
    if (failure !== undefined) {
      const error = outOfReach(failure, replies);
      if (await hasStopped(operation, error)) continue;
      throw error;
    }
    if (await mayAcknowledge(operation, route, fences, skipped)) return existed;
  }
  throw conflict('contended');
}

/**
 * Whether a delete must fail because the tombstone did not reach this node. Not for one that refuses connections: no
 * client reads it, and when it returns, reads compare it with other nodes. Not for an ejected one once all clients act
 * on a view without it. But a node that merely does not answer this client may answer others.
 */
function mayBeReadByOthers(cluster: Cluster, route: Route, id: string): boolean {
  const holder = cluster.node(id);
  if (route.owners.includes(id) || holder.health !== 'down') return true;
  return route.mode === 'overlap' && !holder.refuses;
}

/** A tombstone on its way to the nodes. */
interface PendingTombstone {
  readonly bytes: Buffer;
  readonly endsAt: number;
  readonly fences: Fences;
}

/** What became of the key on one node. */
interface Outcome {
  /** The tombstone replaced a live record. */
  readonly replaced: boolean;
  /** Why the node did not store the tombstone. */
  readonly failure: SessClientError | undefined;
}

/** Stores the tombstone on one node, over any entry. */
async function storeTombstone(operation: KeyOperation, reply: Reply, tombstone: PendingTombstone): Promise<Outcome> {
  const { endsAt, fences } = tombstone;
  let seen = reply;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (seen.failure !== undefined) return { replaced: false, failure: seen.failure };
    if (seen.entry?.kind === 'tombstone' && seen.entry.endsAt >= endsAt) {
      fences.behind(reply.id);
      return { replaced: false, failure: undefined };
    }
    const cas = seen.entry === undefined ? undefined : casOf(seen.entry);
    const replaced = seen.entry?.kind === 'record';
    try {
      if (await isStored(operation, reply.id, cas === undefined ? 'add' : { cas }, tombstone))
        return { replaced, failure: undefined };
    } catch (error) {
      return codeOf(error) === 'SESS_OUT_OF_MEMORY'
        ? endWithoutTombstone(operation, seen, tombstone)
        : { replaced: false, failure: asFailure(error) };
    }
    seen = await askNode(operation, reply.id);
  }
  throw conflict('contended', reply.id);
}

async function isStored(
  { cluster, key, options }: KeyOperation,
  id: string,
  mode: StoreMode,
  { bytes, endsAt, fences }: PendingTombstone,
): Promise<boolean> {
  const attributes = { ttlSeconds: secondsUntil(endsAt, cluster.clock.now()), flags: TOMBSTONE_FLAGS };
  try {
    const stored = cluster.node(id).store(mode, key, bytes, attributes, options);
    fences.behind(id);
    return (await stored) === 'stored';
  } catch (error) {
    fences.forget(id);
    throw error;
  }
}

/**
 * Ends the record on a node that has no memory for the tombstone. A refused compare-and-swap can leave it there; for a
 * refused `set`, memcached removes the old item in every protocol (`process_update_command`, `process_mset_command`,
 * `process_bin_update`). The delete fails all the same: a write in progress could store the record again.
 */
async function endWithoutTombstone(
  operation: KeyOperation,
  { id, entry }: Reply,
  tombstone: PendingTombstone,
): Promise<Outcome> {
  try {
    if (await isStored(operation, id, 'set', tombstone))
      return { replaced: entry?.kind === 'record', failure: undefined };
  } catch (error) {
    if (codeOf(error) !== 'SESS_OUT_OF_MEMORY') return { replaced: false, failure: asFailure(error) };
  }
  const left = await askNode(operation, id);
  const isGone = left.failure === undefined && left.entry?.kind !== 'record';
  return { replaced: false, failure: noMemory(id, isGone) };
}

function noMemory(node: string, isGone: boolean): SessClientError {
  const left = isGone
    ? 'The record is gone from there, but a write in progress or an older copy on another node can bring it back'
    : 'The record may still be there';
  return new SessClientError(
    'SESS_OUT_OF_MEMORY',
    `The node ${node} has no memory left for the mark of a deletion. ${left}. Give the node more memory (-m), or let it evict (start it without -M), and delete again.`,
    { node },
  );
}
