/**
 * A node that was drained and then stopped, before it left the list. Everything acknowledged is on other nodes, so an
 * operation that fails because of this node is repeated without it.
 */
import type { KeyOperation } from '../cluster.ts';
import { SessClientError } from '../errors.ts';

/**
 * Returns whether the operation failed because of a drained node that does not answer, and now has a route without that
 * node. One lost connection proves nothing, so the node is probed.
 */
export async function hasStopped({ cluster, key }: KeyOperation, error: unknown): Promise<boolean> {
  if (!SessClientError.is(error) || error.node === undefined || !cluster.rotation.isDrained(error.node)) return false;
  const { cause } = error;
  const failure = SessClientError.is(cause) ? cause : error;
  if (failure.code !== 'SESS_CONNECTION' && failure.code !== 'SESS_UNAVAILABLE') return false;
  try {
    const node = cluster.node(error.node);
    if (node.health !== 'down' && (await node.probeNow())) return false;
  } catch {
    // The node has left the cluster.
  }
  // This client may not have read yet that the drain is done. The lost connection made its history stale.
  await cluster.ensureFresh();
  return !cluster.route(key).targets.includes(error.node);
}
