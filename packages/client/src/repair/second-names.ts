/**
 * Detects a second name of a machine in rotation, for example after a list of addresses became a list of host names: a
 * copy on the "earlier owner" is then the owner's only copy, and must not be removed. Two names of a machine that left
 * do no harm: both mean the same copies, and the owners get these.
 */
import { randomBytes } from 'node:crypto';

import type { Cluster } from '../cluster.ts';
import { SessClientError } from '../errors.ts';
import type { Rotation } from '../membership/rotation.ts';
import { encodeRecord, RECORD_FLAGS } from '../record.ts';

const KEY = '@sess/name';
const TTL_SECONDS = 60;

/**
 * Stores a different random value under each name, one after another, and reads all back.
 *
 * @param ids all nodes that may hold copies
 * @throws {SessClientError} `SESS_UNAVAILABLE` if two names may belong to one machine in rotation
 */
export async function refuseSecondNames(
  cluster: Cluster & { readonly rotation: Rotation },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const rotation = new Set(cluster.rotation.ids);
  // The nodes in rotation come last: a machine with a name in rotation keeps the value of that name.
  const inOrder = ids.toSorted((one, other) => Number(rotation.has(one)) - Number(rotation.has(other)));
  const names = new Map<string, string>();
  for (const id of inOrder) {
    const marker = randomBytes(12).toString('base64url');
    names.set(marker, id);
    const bytes = encodeRecord(marker, cluster.versions.next(undefined), TTL_SECONDS);
    await cluster.node(id).store('set', KEY, bytes, { ttlSeconds: TTL_SECONDS, flags: RECORD_FLAGS }, { signal });
  }
  for (const id of ids) {
    const entry = await cluster.node(id).getEntry(KEY, { signal });
    const name = entry?.kind === 'record' ? names.get(entry.value.toString()) : undefined;
    const isOfTwoThatLeft = name !== undefined && !rotation.has(name) && !rotation.has(id);
    if (name === id || isOfTwoThatLeft) continue;
    throw new SessClientError(
      'SESS_UNAVAILABLE',
      `Node ${id} may have a second name in the list of nodes, so nothing is removed from it.`,
      { node: id },
    );
  }
}
