/**
 * Taking a node out of rotation without losing what it holds: every client stops writing to it first, then everything on it is carried to where it
 * belongs. It can be repeated; stopping it puts the node back.
 */
import { SessClientError } from '../errors.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Cluster } from './cluster.ts';
import { lookAtAll, newestOf, outOfReach, silenceIn } from './look.ts';
import { carry } from './carry.ts';
import { everybody } from './read.ts';

export interface DrainProgress {
  /** `agreeing`: waiting until every client acts without the node. `carrying`: its keys are on their way. */
  readonly phase: 'agreeing' | 'carrying' | 'done';
  /** Keys looked at so far. */
  readonly keys: number;
  /** Of these, records and tombstones that were carried to their owners. */
  readonly carried: number;
  /** Milliseconds until everybody agrees, as far as can be told. 0 in the other phases. */
  readonly agreedInMs: number;
}

export interface DrainOptions {
  /** Keys carried per second at most. Default 5,000. */
  readonly keysPerSecond?: number | undefined;
  /** Hears of progress, about ten times a second. */
  readonly onProgress?: ((progress: DrainProgress) => void) | undefined;
  /** Stops the drain and puts the node back into rotation. */
  readonly signal?: AbortSignal;
}

/** What a drain needs beside what other operations need. */
export interface DrainableCluster extends Cluster {
  /** Whether discovery lists the node. */
  lists(id: string): boolean;
  /** Milliseconds until every client acts on the current view; 0 when they do. */
  readonly agreedInMs: number;
  mark(id: string, drained: boolean): Promise<void>;
  /** The live keys on a node. */
  keysOn(id: string, options: RequestOptions | undefined): AsyncIterable<string>;
  /** Resolves after `ms`, or when the signal fires. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

const PROGRESS_EVERY_MS = 100;
/** How many keys are carried at once: enough to hide the round trips, few enough to leave the nodes to their users. */
const AT_ONCE = 32;
const MAX_ATTEMPTS = 8;

export async function drain(cluster: DrainableCluster, id: string, options: DrainOptions): Promise<DrainProgress> {
  const { signal, onProgress, keysPerSecond = 5_000 } = options;
  if (!cluster.lists(id)) {
    throw new SessClientError(
      'SESS_BAD_VALUE',
      `There is no node "${id}" in the topology to drain; a node is named host:port. Nothing was changed.`,
    );
  }
  await refuseWithoutListing(cluster, id, signal);
  let keys = 0;
  let carried = 0;
  const tell = (phase: DrainProgress['phase'], agreedInMs = 0): DrainProgress => {
    const progress = { phase, keys, carried, agreedInMs };
    onProgress?.(progress);
    return progress;
  };
  try {
    await cluster.mark(id, true);
    for (let wait = cluster.agreedInMs; wait > 0; wait = cluster.agreedInMs) {
      tell('agreeing', wait);
      await cluster.pause(Math.min(wait, PROGRESS_EVERY_MS), signal);
      throwIfAborted(signal);
    }
    const startedAt = cluster.clock.elapsed();
    let batch: string[] = [];
    const carryBatch = async (): Promise<void> => {
      const moved = await Promise.all(batch.map((key) => carryKey(cluster, key, id, signal)));
      keys += batch.length;
      carried += moved.filter(Boolean).length;
      batch = [];
      tell('carrying');
      const ahead = startedAt + (keys / keysPerSecond) * 1000 - cluster.clock.elapsed();
      if (ahead > 0) await cluster.pause(ahead, signal);
      throwIfAborted(signal);
    };
    for await (const key of cluster.keysOn(id, signal === undefined ? undefined : { signal })) {
      batch.push(key);
      if (batch.length >= Math.min(AT_ONCE, keysPerSecond)) await carryBatch();
    }
    if (batch.length > 0) await carryBatch();
    return tell('done');
  } catch (error) {
    await cluster.mark(id, false);
    throw error;
  }
}

/** Before anything is changed: a node whose keys can't be listed can't be drained. */
async function refuseWithoutListing(cluster: DrainableCluster, id: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    for await (const key of cluster.keysOn(id, signal === undefined ? undefined : { signal })) {
      if (key !== '') break;
    }
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new SessClientError(
      'SESS_SERVER',
      `Node ${id} does not list its keys (lru_crawler metadump), so it can't be drained; nothing was changed. ${cause instanceof Error ? cause.message : ''}`,
      { node: id, cause },
    );
  }
}

/** Carries one key to its owners. Whether there was something to carry. */
async function carryKey(cluster: Cluster, key: string, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  const options = signal === undefined ? undefined : { signal };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const asked = everybody(route);
    const looks = await lookAtAll(cluster, key, asked.includes(id) ? asked : [...asked, id], options);
    const silence = silenceIn(looks);
    if (silence !== undefined) throw outOfReach(silence);
    const newest = newestOf(looks);
    // Not of this client, or gone meanwhile.
    if (newest === undefined) return false;
    const onOwners = looks.filter(({ id: holder }) => route.owners.includes(holder));
    if (onOwners.every(({ entry }) => entry?.kind === newest.kind && entry.version >= newest.version)) return true;
    if ((await carry(cluster, key, route, looks, newest, options)) !== 'overtaken' || newest.kind === 'tombstone') return true;
  }
  throw new SessClientError('SESS_UNAVAILABLE', 'A key was written faster than it could be carried; drain the node again.');
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new SessClientError('SESS_ABORTED', 'The drain was stopped; the node is back in rotation.', { cause: signal.reason });
  }
}
