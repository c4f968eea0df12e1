/**
 * Whether a node can be removed without losing a session: compares its keys with those of the other nodes. Changes
 * nothing.
 */
import type { Handover, NotSafeToRemove, RemovalObstacle, SafeToRemove, SafeToRemoveOptions } from '../contract.ts';
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { askNode, askNodes, newestOf, type Reply } from '../operations/replies.ts';
import { readTargets } from '../membership/route.ts';
import { forKeysOn } from './key-batches.ts';
import type { ListingCluster } from './migrate-key.ts';

export interface RemovableCluster extends ListingCluster {
  readonly handovers: readonly Handover[];
}

const KEYS_PER_SECOND = 5_000;

export async function safeToRemove(
  cluster: RemovableCluster,
  id: string,
  options: SafeToRemoveOptions,
): Promise<SafeToRemove> {
  const { signal, keysPerSecond = KEYS_PER_SECOND } = options;
  if (!Number.isInteger(keysPerSecond) || keysPerSecond < 1)
    throw new SessClientError('SESS_BAD_VALUE', `keysPerSecond is a whole number from 1; got ${keysPerSecond}.`);
  // Includes what other clients published just now.
  await cluster.relearn([]);
  if (!cluster.rotation.isNamed(id)) {
    throw new SessClientError(
      'SESS_BAD_VALUE',
      `There is no node "${id}" in the topology, and no open handover names it; a node is named host:port. A node that left the list is forgotten when its handover is over.`,
    );
  }
  return atOnce(cluster, id) ?? (await compared(cluster, id, keysPerSecond, signal));
}

/** Reasons that are known without reading the node's keys. */
function atOnce(cluster: RemovableCluster, id: string): NotSafeToRemove | undefined {
  const { rotation, agreedInMs } = cluster;
  if (rotation.isDraining(id)) return no('drain-not-done', `A drain of ${id} is under way: wait until it is done.`);
  const others = rotation.ids.filter((other) => other !== id);
  if (others.length === 0) return no('last-node', `Without ${id} no node is left in rotation: add one first.`);
  const isInRotation = others.length < rotation.ids.length;
  if (isInRotation && rotation.copies === 1)
    return no(
      'sessions-only-there',
      `${id} is in rotation and holds its sessions alone (copies: 1): drain it first, or take it off the list.`,
    );
  if (agreedInMs > 0)
    return no(
      'handover-open',
      `Other clients may still act on other nodes for ${agreedInMs} ms and write to ${id}: ask again after that.`,
    );
  return undefined;
}

async function compared(
  cluster: RemovableCluster,
  id: string,
  keysPerSecond: number,
  signal: AbortSignal | undefined,
): Promise<SafeToRemove> {
  const stop = new AbortController();
  const enough = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let alone: Reply | undefined;
  try {
    await forKeysOn(cluster, id, { keysPerSecond }, enough, async (keys) => {
      const replies = await Promise.all(keys.map((key) => missingElsewhere(cluster, key, id, enough)));
      alone ??= replies.find((reply) => reply !== undefined);
      if (alone !== undefined) stop.abort();
      enough.throwIfAborted();
    });
  } catch (error) {
    if (alone === undefined) return notListed(cluster, id, error, signal);
  }
  if (alone === undefined) return atOnce(cluster, id) ?? { safe: true };
  if (alone.failure !== undefined) return outOfReach(id, alone.failure);
  return no(
    'sessions-only-there',
    `${id} holds a session that no other node in reach holds: ${
      cluster.rotation.ids.includes(id)
        ? 'wait until copies are restored, or drain it'
        : 'wait until its handover is over, or drain it while it is listed'
    }.`,
  );
}

/** The node's reply if only this node holds that entry, or if the node failed. */
async function missingElsewhere(
  cluster: RemovableCluster,
  key: string,
  id: string,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const operation = { cluster, key, options: { signal } };
  const own = await askNode(operation, id);
  if (own.failure !== undefined) return own;
  const { entry } = own;
  if (entry?.kind !== 'record' && entry?.kind !== 'tombstone') return undefined;
  const others = readTargets(cluster.route(key)).filter((other) => other !== id);
  const newest = newestOf(await askNodes(operation, others));
  if (entry.kind === 'tombstone') return newest === undefined || newest.kind === 'tombstone' ? undefined : own;
  return newest?.kind === 'tombstone' || (newest !== undefined && newest.version >= entry.version) ? undefined : own;
}

/** The verdict if the node's keys could not be listed. */
function notListed(
  cluster: RemovableCluster,
  id: string,
  error: unknown,
  signal: AbortSignal | undefined,
): SafeToRemove {
  if (signal?.aborted === true || codeOf(error) === 'SESS_CLOSED') throw error;
  if (!SessClientError.is(error)) throw error;
  if (error.code !== 'SESS_SERVER') return outOfReach(id, error);
  // The node does not list its keys: decides by the state of the cluster.
  if (cluster.rotation.isDrained(id) || (cluster.handovers.length === 0 && cluster.rotation.copies > 1))
    return { safe: true };
  return no(
    'handover-open',
    `${id} does not list its keys (${error.message}), and a handover is open: wait until it is over.`,
  );
}

function outOfReach(id: string, error: SessClientError): NotSafeToRemove {
  return no(
    'out-of-reach',
    `${id} does not answer (${error.code}), so its sessions can't be compared with those of other nodes.`,
  );
}

function no(reason: RemovalObstacle, detail: string): NotSafeToRemove {
  return { safe: false, reason, detail };
}
