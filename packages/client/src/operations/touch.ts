/** Moving a key's expiry on every node that could be asked for it. It never shortens a life, and never touches a tombstone. */
import { SessClientError } from '../errors.ts';
import { RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { secondsOn, type Route } from '../view/route.ts';
import type { Cluster } from './cluster.ts';
import { asSilence, isCovered, lookAt, lookAtAll, newestOf, outOfReach, silenceIn, type Look } from './look.ts';
import { putBack } from './put-back.ts';

/** Whether there is a record. */
export async function touch(cluster: Cluster, key: string, ttlSeconds: number, options: RequestOptions | undefined): Promise<boolean> {
  await cluster.willLive(ttlSeconds);
  const found = await touchBy(cluster, key, cluster.route(key), ttlSeconds, options);
  const catchUp = found ? undefined : cluster.mayMiss();
  if (catchUp === undefined) return found;
  await catchUp;
  return touchBy(cluster, key, cluster.route(key), ttlSeconds, options);
}

function touchBy(cluster: Cluster, key: string, route: Route, ttlSeconds: number, options: RequestOptions | undefined): Promise<boolean> {
  if (route.mode === 'settled' && route.targets.length === 1) return touchOne(cluster, key, route.targets[0] ?? '', ttlSeconds, options);
  return touchAll(cluster, key, route, ttlSeconds, options);
}

async function touchOne(
  cluster: Cluster,
  key: string,
  id: string,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean> {
  const found = await cluster.holder(id).touch(key, ttlSeconds, options);
  if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(cluster, key, id, ttlSeconds, options);
  return found?.flags === RECORD_FLAGS;
}

async function touchAll(
  cluster: Cluster,
  key: string,
  route: Route,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean> {
  const looks = await lookAtAll(cluster, key, route.targets, options);
  const newest = newestOf(looks);
  if (newest?.kind === 'tombstone') return false;
  const silence = silenceIn(looks);
  if (newest === undefined) {
    if (silence !== undefined) throw outOfReach(silence);
    return false;
  }
  const holding = looks.filter(({ entry }) => entry?.kind === 'record' && entry.version === newest.version);
  const taken = await Promise.all(holding.map(({ id }) => prolong(cluster, key, id, route, ttlSeconds, options)));
  if (!taken.includes(true)) {
    const failure = taken.find((outcome) => outcome instanceof SessClientError);
    if (failure instanceof SessClientError) throw outOfReach(failure);
    return false;
  }
  // In every mode: a node that flaps for hours keeps views in overlap, where reads carry nothing, and only what is touched lives on.
  if (silence === undefined || isCovered(route, looks)) {
    const lacking = looks.filter((look) => route.owners.includes(look.id) && lacks(look, newest.version));
    await putBack(cluster, key, newest.lastingFor(ttlSeconds), lacking, options);
  }
  return true;
}

/** An owner that answered, and has nothing or something older. */
function lacks({ entry, silence }: Look, version: bigint): boolean {
  return silence === undefined && (entry === undefined || (entry.kind === 'record' && entry.version < version));
}

/** Whether the node took it for a live record; why not, where it did not answer. */
async function prolong(
  cluster: Cluster,
  key: string,
  id: string,
  route: Route,
  ttlSeconds: number,
  options: RequestOptions | undefined,
): Promise<boolean | SessClientError> {
  const seconds = secondsOn(id, ttlSeconds, route, cluster.clock.now());
  try {
    const found = await cluster.holder(id).touch(key, seconds, options);
    if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(cluster, key, id, seconds, options);
    return found?.flags === RECORD_FLAGS;
  } catch (error) {
    return asSilence(error);
  }
}

/**
 * The touch hit a tombstone, written since. Where that shortened it, it is stored again as it stands, with what is left of its time: by
 * compare-and-swap, because what somebody wrote meanwhile has its own expiry.
 */
async function giveBackItsEnd(
  cluster: Cluster,
  key: string,
  id: string,
  touchedTo: number,
  options: RequestOptions | undefined,
): Promise<void> {
  const { entry } = await lookAt(cluster, key, id, options);
  if (entry?.kind !== 'tombstone') return;
  const ttlSeconds = secondsUntil(entry.endsAt, cluster.clock.now());
  if (ttlSeconds <= touchedTo) return;
  await cluster.holder(id).store({ cas: entry.cas }, key, entry.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
}
