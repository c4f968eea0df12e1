/**
 * Carrying a record to where it belongs now: to the owners under one new version, then to the elders that hold it, so that a compare-and-swap
 * against what they held fails, and for no longer than they are asked. A tombstone is carried as it is.
 */
import { encodeRecord, RECORD_FLAGS, StoredRecord, TOMBSTONE_FLAGS, type Tombstone } from '../record.ts';
import { expressibleTtl } from '../transport/exptime.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Route } from '../view/route.ts';
import type { Cluster } from './cluster.ts';
import { asSilence, casOf, highestVersion, type Look } from './look.ts';

/** The record as carried, or `'overtaken'` when somebody wrote meanwhile: look again. */
export async function carry(
  cluster: Cluster,
  key: string,
  route: Route,
  looks: readonly Look[],
  newest: StoredRecord | Tombstone,
  options: RequestOptions | undefined,
): Promise<StoredRecord | 'overtaken'> {
  const owners = looks.filter(({ id }) => route.owners.includes(id));
  if (newest.kind === 'tombstone') return carryTombstone(cluster, key, owners, newest, options);
  const version = cluster.versions.next(highestVersion(looks));
  const ttlSeconds = expressibleTtl(newest.secondsLeft, cluster.clock.now());
  const bytes = encodeRecord(newest.value, version, ttlSeconds);
  const elders = looks.filter(({ id, entry }) => route.elders.includes(id) && entry !== undefined && entry.kind !== 'foreign');
  for (const look of owners) {
    if (!(await replace(cluster, key, look, bytes, { ttlSeconds, flags: RECORD_FLAGS }, options))) return 'overtaken';
  }
  const now = cluster.clock.now();
  const secondsLeft = expressibleTtl(Math.max(1, Math.ceil((route.windowEndsAt - now) / 1000)), now);
  for (const look of elders) {
    const elderTtl = ttlSeconds === 0 ? secondsLeft : Math.min(ttlSeconds, secondsLeft);
    if (!(await replace(cluster, key, look, bytes, { ttlSeconds: elderTtl, flags: RECORD_FLAGS }, options))) return 'overtaken';
  }
  return StoredRecord.written(bytes, ttlSeconds);
}

async function carryTombstone(
  cluster: Cluster,
  key: string,
  owners: readonly Look[],
  tombstone: Tombstone,
  options: RequestOptions | undefined,
): Promise<'overtaken'> {
  const now = cluster.clock.now();
  const ttlSeconds = expressibleTtl(Math.max(1, Math.ceil((tombstone.endsAt - now) / 1000)), now);
  for (const look of owners) {
    if (look.entry?.kind === 'tombstone') continue;
    await replace(cluster, key, look, tombstone.bytes, { ttlSeconds, flags: TOMBSTONE_FLAGS }, options);
  }
  return 'overtaken';
}

/** Puts `bytes` where `look` found what it found. Whether that still held. A node that falls silent meanwhile leaves the record in doubt. */
async function replace(
  cluster: Cluster,
  key: string,
  look: Look,
  bytes: Buffer,
  attributes: { readonly ttlSeconds: number; readonly flags: number },
  options: RequestOptions | undefined,
): Promise<boolean> {
  const cas = look.entry === undefined ? undefined : casOf(look.entry);
  try {
    const outcome = await cluster.holder(look.id).store(cas === undefined ? 'add' : { cas }, key, bytes, attributes, options);
    return outcome === 'stored';
  } catch (error) {
    asSilence(error);
    return false;
  }
}
