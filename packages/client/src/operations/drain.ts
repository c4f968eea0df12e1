/**
 * Taking a node out of rotation without losing what it holds: every client stops writing to it first, then everything on it is carried to where it
 * belongs. It can be repeated; stopping it puts the node back.
 */
import { SessClientError } from '../errors.ts';
import type { StoredRecord, Tombstone } from '../record.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Cluster } from './cluster.ts';
import { lookAtAll, newestOf, outOfReach, silenceIn, type Look } from './look.ts';
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
  /** Keys carried per second at most, a whole number from 1. Default 5,000. */
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
  /** Whether another node would be left in rotation. */
  canSpare(id: string): boolean;
  /** Whether the node is out of rotation by a drain, be it another client's. */
  isDrained(id: string): boolean;
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
/** Before a node that did not answer is asked for the same key again. */
const SILENCE_PAUSE_MS = 100;

export async function drain(cluster: DrainableCluster, id: string, options: DrainOptions): Promise<DrainProgress> {
  const { signal, keysPerSecond = 5_000 } = options;
  await refuseWhatCanNotBe(cluster, id, keysPerSecond, signal);
  const progress = new Progress(cluster, options.onProgress);
  try {
    await cluster.mark(id, true);
    for (let wait = cluster.agreedInMs; wait > 0; wait = cluster.agreedInMs) {
      progress.tell('agreeing', wait);
      await cluster.pause(Math.min(wait, PROGRESS_EVERY_MS), signal);
      throwIfStopped(cluster, id, signal);
    }
    await carryAll(cluster, id, keysPerSecond, progress, signal);
    return progress.tell('done');
  } catch (error) {
    await cluster.mark(id, false);
    throwIfStopped(cluster, undefined, signal);
    throw error;
  }
}

/** Tells how far it is, at the pace of a reader. */
class Progress {
  readonly #cluster: Cluster;
  readonly #listener: DrainOptions['onProgress'];
  #toldAt = -Infinity;
  keys = 0;
  carried = 0;

  constructor(cluster: Cluster, listener: DrainOptions['onProgress']) {
    this.#cluster = cluster;
    this.#listener = listener;
  }

  tell(phase: DrainProgress['phase'], agreedInMs = 0): DrainProgress {
    const progress = { phase, keys: this.keys, carried: this.carried, agreedInMs };
    const now = this.#cluster.clock.elapsed();
    if (phase === 'done' || now - this.#toldAt >= PROGRESS_EVERY_MS) {
      this.#toldAt = now;
      this.#listener?.(progress);
    }
    return progress;
  }
}

/** Before anything is changed. */
async function refuseWhatCanNotBe(
  cluster: DrainableCluster,
  id: string,
  keysPerSecond: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!Number.isInteger(keysPerSecond) || keysPerSecond < 1)
    throw badRequest(`keysPerSecond is a whole number from 1; got ${keysPerSecond}.`);
  if (!cluster.lists(id)) throw badRequest(`There is no node "${id}" in the topology to drain; a node is named host:port.`);
  if (!cluster.canSpare(id)) throw badRequest(`Node ${id} can't be drained: no other node would be left in rotation. Add one first.`);
  try {
    for await (const key of cluster.keysOn(id, optionsOf(signal))) {
      if (key !== '') break;
    }
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const reason = cause instanceof Error ? ` ${cause.message}` : '';
    throw new SessClientError('SESS_SERVER', `Node ${id} does not list its keys, so it can't be drained; nothing was changed.${reason}`, {
      node: id,
      cause,
    });
  }
}

function badRequest(text: string): SessClientError {
  return new SessClientError('SESS_BAD_VALUE', `${text} Nothing was changed.`);
}

async function carryAll(
  cluster: DrainableCluster,
  id: string,
  keysPerSecond: number,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const startedAt = cluster.clock.elapsed();
  let batch: string[] = [];
  const carryBatch = async (): Promise<void> => {
    const moved = await Promise.all(batch.map((key) => carryKey(cluster, key, id, signal)));
    progress.keys += batch.length;
    progress.carried += moved.filter(Boolean).length;
    batch = [];
    progress.tell('carrying');
    const ahead = startedAt + (progress.keys / keysPerSecond) * 1000 - cluster.clock.elapsed();
    if (ahead > 0) await cluster.pause(ahead, signal);
    throwIfStopped(cluster, id, signal);
  };
  for await (const key of cluster.keysOn(id, optionsOf(signal))) {
    batch.push(key);
    if (batch.length >= Math.min(AT_ONCE, keysPerSecond)) await carryBatch();
  }
  await carryBatch();
}

/** Carries one key to its owners. Whether there was something to carry. */
async function carryKey(cluster: DrainableCluster, key: string, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  let silence: SessClientError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    throwIfStopped(cluster, undefined, signal);
    const route = cluster.route(key);
    const asked = everybody(route);
    const looks = await lookAtAll(cluster, key, asked.includes(id) ? asked : [...asked, id], optionsOf(signal));
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
    if ((await carry(cluster, key, route, looks, newest, optionsOf(signal))) !== 'overtaken') return true;
  }
  if (silence !== undefined) throw outOfReach(silence);
  throw new SessClientError('SESS_UNAVAILABLE', 'A key was written faster than it could be carried; drain the node again.', { node: id });
}

function holds({ entry }: Look, newest: StoredRecord | Tombstone): boolean {
  if (entry === undefined || entry.kind !== newest.kind) return false;
  // Any tombstone says the same.
  return entry.kind === 'tombstone' || entry.version >= newest.version;
}

/** `id`: the node that should be out of rotation by now. */
function throwIfStopped(cluster: DrainableCluster, id: string | undefined, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new SessClientError('SESS_ABORTED', 'The drain was stopped; the node is back in rotation.', { cause: signal.reason });
  }
  if (id !== undefined && !cluster.isDrained(id)) {
    throw new SessClientError('SESS_UNAVAILABLE', `Node ${id} was put back into rotation by another client; drain it again.`, { node: id });
  }
}

function optionsOf(signal: AbortSignal | undefined): RequestOptions | undefined {
  return signal === undefined ? undefined : { signal };
}
