/** Bringing what is known under one key to all its owners, whoever holds it now. */
import { SessClientError } from '../errors.ts';
import type { StoredRecord, Tombstone } from '../record.ts';
import { carry } from './carry.ts';
import type { Cluster } from './cluster.ts';
import { lookAtAll, newestOf, outOfReach, silenceIn, type Look } from './look.ts';
import { everybody } from './read.ts';

/** What work that goes through many keys needs beside what other operations need. */
export interface ListingCluster extends Cluster {
  /** Milliseconds until every client acts on the current view; 0 when they do. */
  readonly agreedInMs: number;
  /** The live keys on a node. */
  keysOn(id: string, options: { readonly signal: AbortSignal } | undefined): AsyncIterable<string>;
  /** Resolves after `ms`, or when the signal fires. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

const MAX_ATTEMPTS = 8;
/** Before a node that did not answer is asked for the same key again. */
const SILENCE_PAUSE_MS = 100;

/** `id` may hold the key too. Whether there was something to carry. */
export async function carryKey(cluster: ListingCluster, key: string, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  const options = signal === undefined ? undefined : { signal };
  let silence: SessClientError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const asked = everybody(route);
    const looks = await lookAtAll(cluster, key, asked.includes(id) ? asked : [...asked, id], options);
    silence = silenceIn(looks);
    if (silence !== undefined) {
      await cluster.pause(SILENCE_PAUSE_MS, signal);
      continue;
    }
    const newest = newestOf(looks);
    // Not of this client, or gone meanwhile.
    if (newest === undefined) return false;
    if (looks.every((look) => !route.owners.includes(look.id) || holds(look, newest))) return true;
    // A tombstone is seen there by the next look.
    if ((await carry(cluster, key, route, looks, newest, options)) !== 'overtaken') return true;
  }
  if (silence !== undefined) throw outOfReach(silence);
  throw new SessClientError('SESS_UNAVAILABLE', 'A key was written faster than it could be carried; try again.', { node: id });
}

export function holds({ entry }: Look, newest: StoredRecord | Tombstone): boolean {
  if (entry === undefined || entry.kind !== newest.kind) return false;
  // Any tombstone says the same.
  return entry.kind === 'tombstone' || entry.version >= newest.version;
}
