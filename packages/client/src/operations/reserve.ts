/**
 * Reserves a key on nodes that have nothing under it, before an older copy is stored there. memcached has no condition
 * "if the node has not lost its memory since": an `add` that is on its way when another client stores a newer record,
 * and the node then loses it, would store the older copy, and readers would find that one first. So a "moved" mark is
 * added first, then everything is read again, and the copy replaces the mark by compare-and-swap: a loss takes the mark
 * along.
 */
import { refusedValue, type RefusedValue } from '../errors.ts';
import { encodeMoved, MOVED_FLAGS } from '../record.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Cluster } from '../cluster.ts';
import { Fences } from './fences.ts';
import { MOVED_SECONDS } from './moved.ts';
import { asFailure, type Reply } from './replies.ts';

/**
 * Returns `overtaken` if the caller must read again: marks were placed, or a node may have lost its memory since its
 * fence was read. In that case a writer may have written to it, and not yet to its next node, which must show that
 * writer a new fence first: the fences are renewed now. Returns the error of a node that refused the mark, and `undefined`
 * if every node has an entry and an unchanged fence: then the caller may replace what `replies` saw.
 *
 * @param version that of the record to be stored
 */
export async function reserve(
  cluster: Cluster,
  key: string,
  replies: readonly Reply[],
  version: bigint,
  options: RequestOptions | undefined,
): Promise<'overtaken' | RefusedValue | undefined> {
  // With one copy, the loss of the node loses its sessions anyway.
  const isNeeded = cluster.route(key).owners.length > 1;
  const empty = isNeeded ? replies.filter(({ entry }) => entry === undefined) : [];
  const marks = empty.map(({ id }) => mark(cluster, key, id, version, options));
  const fences = new Fences(cluster);
  for (const { id } of replies) fences.behind(id);
  const refused = (await Promise.all(marks)).find((outcome) => outcome !== undefined);
  const changed = await fences.changed();
  if (changed.length > 0) await cluster.relearn(changed);
  return refused ?? (changed.length > 0 || empty.length > 0 ? 'overtaken' : undefined);
}

/** Whether the mark is there does not matter: the caller reads again. */
async function mark(
  cluster: Cluster,
  key: string,
  id: string,
  version: bigint,
  options: RequestOptions | undefined,
): Promise<RefusedValue | undefined> {
  try {
    const attributes = { ttlSeconds: MOVED_SECONDS, flags: MOVED_FLAGS };
    await cluster.node(id).store('add', key, encodeMoved(version, MOVED_SECONDS), attributes, options);
    return undefined;
  } catch (error) {
    if (refusedValue(error)) return error;
    asFailure(error);
    return undefined;
  }
}
