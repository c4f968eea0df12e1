/**
 * Detects two names of one machine, as when a list of addresses becomes a list of host names: a copy on the "earlier
 * owner" is then the owner's only copy, and must not be removed.
 */
import { randomBytes } from 'node:crypto';

import type { Cluster } from '../cluster.ts';
import { SessClientError } from '../errors.ts';
import { encodeRecord, RECORD_FLAGS } from '../record.ts';

const KEY = '@sess/name';
const TTL_SECONDS = 60;

/**
 * Stores a different random value under each name, one after another, and reads all back.
 * @throws {SessClientError} `SESS_UNAVAILABLE` if two names may lead to one machine
 */
export async function refuseSecondNames(cluster: Cluster, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const words = new Map<string, string>();
  for (const id of ids) {
    const word = randomBytes(12).toString('base64url');
    words.set(id, word);
    const bytes = encodeRecord(word, cluster.versions.next(undefined), TTL_SECONDS);
    await cluster.node(id).store('set', KEY, bytes, { ttlSeconds: TTL_SECONDS, flags: RECORD_FLAGS }, { signal });
  }
  for (const [id, word] of words) {
    const entry = await cluster.node(id).getEntry(KEY, { signal });
    if (entry?.kind === 'record' && entry.value.toString() === word) continue;
    throw new SessClientError(
      'SESS_UNAVAILABLE',
      `Node ${id} may have a second name in the list of nodes, so nothing is removed from it.`,
      { node: id },
    );
  }
}
