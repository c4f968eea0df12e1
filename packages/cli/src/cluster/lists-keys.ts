import { SessClientError, type NodeTransport } from '@sess/client';

/**
 * Whether a node lists its keys, which copying needs. ElastiCache nodes don't since memcached 1.6.17. A node that does
 * not answer counts as listing: another check reports it.
 */
export async function listsKeys(node: NodeTransport | undefined): Promise<boolean> {
  if (node === undefined) return true;
  const listing = node.keys?.()[Symbol.asyncIterator]();
  try {
    await listing?.next();
    return listing !== undefined;
  } catch (error) {
    return !SessClientError.is(error) || error.code !== 'SESS_SERVER';
  } finally {
    await listing?.return?.();
  }
}
