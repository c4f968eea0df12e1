/**
 * Nodes that a write skipped because they were down. One client notices sooner than another that a node has
 * restarted. A write must not be acknowledged without a node that other clients read again.
 *
 * A touch needs no probe. It changes no value, so a reader may use a copy whose life the touch did not extend. A reader
 * that finds this copy expired asks the other owners, and reads the fence of each before it reports a miss: a copy
 * outside these owners is written only after its view was published to one of them.
 */
import type { Cluster, KeyOperation } from '../cluster.ts';
import type { Route } from '../membership/route.ts';
import type { Reply } from './replies.ts';

/**
 * Returns whether a write may omit these nodes. Call it when the fences have been read behind the write: another client
 * may have published meanwhile that it acts on a view with them. Then probes the nodes, but only during an overlap, and
 * does not wait for a node that hangs.
 */
export async function maySkip(
  { cluster, key }: KeyOperation,
  route: Route,
  skipped: readonly string[],
): Promise<boolean> {
  if (skipped.length === 0) return true;
  // The write must start again, by the rules for such a view.
  if (route.mode !== 'overlap') return cluster.route(key).mode !== 'overlap';
  const back = await Promise.all(skipped.map((id) => isBack(cluster, id)));
  return !back.includes(true);
}

/**
 * Returns whether a node that was ejected when the write asked it is in reach again: then the write must ask it again.
 */
export function hasReturned(cluster: Cluster, replies: readonly Reply[]): boolean {
  return replies.some(({ id, failure }) => {
    if (failure?.code !== 'SESS_UNAVAILABLE') return false;
    try {
      return cluster.node(id).health !== 'down';
    } catch {
      return false;
    }
  });
}

async function isBack(cluster: Cluster, id: string): Promise<boolean> {
  try {
    const node = cluster.node(id);
    return node.health !== 'down' || (node.failsAtOnce && (await node.probeNow()));
  } catch {
    // The node has left the cluster, so the route has changed.
    return false;
  }
}
