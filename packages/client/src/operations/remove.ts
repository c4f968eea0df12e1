/** Destroys a key: stores a tombstone on every node that may be asked for it. */
import type { SessClientError } from '../errors.ts';
import { encodeTombstone, TOMBSTONE_FLAGS } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Route } from '../membership/route.ts';
import { conflict } from './conflict.ts';
import { hasReturned, maySkip } from './skipped.ts';
import { hasStopped } from './stopped.ts';
import type { Cluster } from '../cluster.ts';
import { Fences } from './fences.ts';
import { asFailure, casOf, highestVersion, askNode, askByRoute, newestOf, outOfReach, type Reply } from './replies.ts';

/** Some writer wins every round, so a delete loses at most as many rounds as there are concurrent writers. */
const MAX_ATTEMPTS = 64;

/** Returns whether there was a live record. */
export async function remove(
  cluster: Cluster,
  key: string,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean> {
  await cluster.announceTtl(ttlSeconds);
  let existed = false;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const replies = await askByRoute(cluster, key, route.targets, route, options);
    if (replies === 'changed' || hasReturned(cluster, replies)) continue;
    const newest = newestOf(replies);
    const known = newest?.kind === 'tombstone' ? newest.endsAt : 0;
    const endsAt = Math.max(cluster.clock.latest() + ttlSeconds * 1000, known);
    const bytes = encodeTombstone(cluster.versions.next(highestVersion(replies)), ttlSeconds, endsAt);
    const fences = new Fences(cluster);
    const failures = [];
    const skipped = [];
    for (const reply of replies) {
      const { replaced, failure } = await storeTombstone(cluster, key, reply, { bytes, endsAt, fences }, options);
      existed ||= replaced;
      if (failure === undefined) continue;
      cluster.hint(reply.id, key, bytes, endsAt);
      skipped.push(reply.id);
      if (mayBeReadByOthers(cluster, route, reply.id)) failures.push(failure);
    }
    const [failure] = failures;
    if (failure !== undefined) {
      const error = outOfReach(failure, replies);
      if (await hasStopped(cluster, key, error)) continue;
      throw error;
    }
    if (!(await (route.targets.length > 1 ? fences.areUnchanged() : fences.hold()))) continue;
    if (!(await maySkip(cluster, key, route, skipped))) continue;
    await cluster.ensurePublished();
    if (cluster.route(key).targets.every((id) => route.targets.includes(id))) return existed;
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

/**
 * Stores the tombstone on one node, over any entry. `replaced`: that was a live record. `failure`: why the node did not
 * store it.
 */
async function storeTombstone(
  cluster: Cluster,
  key: string,
  reply: Reply,
  { bytes, endsAt, fences }: PendingTombstone,
  options: RequestOptions | undefined,
): Promise<{ readonly replaced: boolean; readonly failure: SessClientError | undefined }> {
  const ttlSeconds = secondsUntil(endsAt, cluster.clock.now());
  let seen = reply;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (seen.failure !== undefined) return { replaced: false, failure: seen.failure };
    if (seen.entry?.kind === 'tombstone' && seen.entry.endsAt >= endsAt) {
      fences.behind(reply.id);
      return { replaced: false, failure: undefined };
    }
    const cas = seen.entry === undefined ? undefined : casOf(seen.entry);
    try {
      const mode = cas === undefined ? 'add' : { cas };
      const stored = cluster.node(reply.id).store(mode, key, bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
      fences.behind(reply.id);
      if ((await stored) === 'stored') return { replaced: seen.entry?.kind === 'record', failure: undefined };
    } catch (error) {
      fences.forget(reply.id);
      return { replaced: false, failure: asFailure(error) };
    }
    seen = await askNode(cluster, key, reply.id, options);
  }
  throw conflict('contended', reply.id);
}
