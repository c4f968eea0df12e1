/** Moving a key's expiry on every node that could be asked for it. It never shortens a life, and never touches a tombstone. */
import { RECORD_FLAGS, TOMBSTONE_FLAGS } from '../record.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Route } from '../view/route.ts';
import type { Cluster } from './cluster.ts';
import { asSilence, lookAt, lookAtAll, newestOf, outOfReach, silenceIn } from './look.ts';
import { putBack } from './put-back.ts';
import { secondsOfWindow } from './write.ts';

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
  await Promise.all(
    holding.map(async ({ id }) => {
      const seconds = route.owners.includes(id) ? ttlSeconds : Math.min(ttlSeconds, secondsOfWindow(cluster, route));
      try {
        const found = await cluster.holder(id).touch(key, seconds, options);
        if (found?.flags === TOMBSTONE_FLAGS) await giveBackItsEnd(cluster, key, id, seconds, options);
      } catch (error) {
        asSilence(error);
      }
    }),
  );
  // A record that is still in doubt is carried by a read, under a new version; a copy that is missing among settled ones is put back here.
  if (route.mode === 'settled') {
    const missing = looks.filter(({ entry, silence: silent }) => silent === undefined && entry === undefined);
    await putBack(cluster, key, newest.lastingFor(ttlSeconds), missing, options);
  }
  return true;
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
  const ttlSeconds = Math.ceil((entry.endsAt - cluster.clock.now()) / 1000);
  if (ttlSeconds <= touchedTo) return;
  await cluster.holder(id).store({ cas: entry.cas }, key, entry.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
}
