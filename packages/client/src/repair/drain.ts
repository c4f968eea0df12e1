/**
 * Takes a node out of rotation without losing its records: first all clients stop writing to it, then its records are
 * copied to their owners. Can be repeated; aborting returns the node to rotation.
 *
 * With `untilExpired` the drain copies nothing by itself. Clients still read from the node, and copy what they read,
 * touch or write; the drain waits until the last handover from the node is over. By then everything else there has
 * expired: a record written to an elder never outlives its handover.
 */
import type { DrainOptions, DrainProgress } from '../contract.ts';
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import type { StrangerChecks } from '../membership/stranger-checks.ts';
import { migrateKey, type ListingCluster } from './migrate-key.ts';
import type { Cluster } from '../cluster.ts';
import { forKeysOn } from './key-batches.ts';

export interface DrainableCluster extends ListingCluster {
  mark(id: string, state: 'draining' | 'drained' | 'in rotation'): Promise<void>;
  /** Clients with another `historySecret`, or none, would not see the mark. */
  readonly strangers: StrangerChecks;
  /**
   * Stores on the nodes that every record of the node is on its owners, so that nothing is rereplicated when the node
   * leaves. Never rejects.
   */
  wasEmptied(id: string): Promise<void>;
  /** Milliseconds until no handover names the node; 0 when none does. */
  handedOverInMs(id: string): number;
  /** Whether the client was closed. */
  readonly ended: boolean;
}

const PROGRESS_EVERY_MS = 100;
/** Longest pause before the end of the last handover is computed again: changes of the cluster move it. */
const LONG_WAIT_MS = 1_000;

export async function drain(cluster: DrainableCluster, id: string, options: DrainOptions): Promise<DrainProgress> {
  const { signal, keysPerSecond = 5_000, untilExpired = false } = options;
  await refuseWhatCanNotBe(cluster, id, { keysPerSecond, untilExpired, signal });
  const progress = new Progress(cluster, options.onProgress);
  try {
    await cluster.mark(id, 'draining');
    for (let wait = cluster.agreedInMs; wait > 0; wait = cluster.agreedInMs) {
      progress.report('agreeing', wait);
      await cluster.pause(Math.min(wait, PROGRESS_EVERY_MS), signal);
      throwIfStopped(cluster, id, signal);
    }
    if (untilExpired) await outlast(cluster, id, progress, signal);
    else await copyKeys(cluster, id, keysPerSecond, progress, signal);
    throwIfStopped(cluster, id, signal);
    await cluster.wasEmptied(id);
    await cluster.mark(id, 'drained');
    return progress.report('done');
  } catch (error) {
    if (cluster.ended) throw codeOf(error) === 'SESS_CLOSED' ? error : closedMeanwhile(id, error);
    await cluster.mark(id, 'in rotation');
    throwIfStopped(cluster, undefined, signal);
    throw error;
  }
}

async function copyKeys(
  cluster: DrainableCluster,
  id: string,
  keysPerSecond: number,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  await forKeysOn(cluster, id, { keysPerSecond }, signal, async (keys) => {
    throwIfStopped(cluster, id, signal);
    const outcomes = await Promise.all(keys.map((key) => migrateKey(cluster, key, id, 'all', signal)));
    progress.keys += keys.length;
    progress.carried += outcomes.filter((outcome) => outcome !== 'nothing').length;
    progress.report('carrying');
  });
}

/** Waits until the last handover from the node is over. */
async function outlast(
  cluster: DrainableCluster,
  id: string,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let wait = cluster.handedOverInMs(id); wait > 0; wait = cluster.handedOverInMs(id)) {
    progress.report('expiring', wait);
    await cluster.pause(Math.min(wait, LONG_WAIT_MS), signal);
    throwIfStopped(cluster, id, signal);
  }
}

/** Returns a node to rotation, whichever client drained it or is draining it. */
export async function putBack(cluster: DrainableCluster, id: string): Promise<void> {
  await cluster.relearn([]);
  if (!cluster.rotation.lists(id))
    throw badRequest(`There is no node "${id}" in the topology; a node is named host:port.`);
  if (!cluster.rotation.isDrained(id)) throw badRequest(`Node ${id} was not drained.`);
  await cluster.mark(id, 'in rotation');
}

/** Reports progress, at most once per `PROGRESS_EVERY_MS`. */
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

  report(phase: DrainProgress['phase'], waitMs = 0): DrainProgress {
    const progress = {
      phase,
      keys: this.keys,
      carried: this.carried,
      agreedInMs: phase === 'agreeing' ? waitMs : 0,
      expiredInMs: phase === 'expiring' ? waitMs : 0,
    };
    const now = this.#cluster.clock.elapsed();
    if (phase === 'done' || now - this.#toldAt >= PROGRESS_EVERY_MS) {
      this.#toldAt = now;
      this.#listener?.(progress);
    }
    return progress;
  }
}

interface CheckedOptions {
  readonly keysPerSecond: number;
  readonly untilExpired: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Checks everything that can be checked before the first change. */
async function refuseWhatCanNotBe(
  cluster: DrainableCluster,
  id: string,
  { keysPerSecond, untilExpired, signal }: CheckedOptions,
): Promise<void> {
  if (typeof untilExpired !== 'boolean') throw badRequest(`untilExpired is true or false; got ${typeof untilExpired}.`);
  if (!Number.isInteger(keysPerSecond) || keysPerSecond < 1)
    throw badRequest(`keysPerSecond is a whole number from 1; got ${keysPerSecond}.`);
  if (!cluster.rotation.lists(id))
    throw badRequest(`There is no node "${id}" in the topology to drain; a node is named host:port.`);
  if (!cluster.rotation.canSpare(id))
    throw badRequest(`Node ${id} can't be drained: no other node would be left in rotation. Add one first.`);
  const options = signal === undefined ? undefined : { signal };
  const hasStrangers = untilExpired
    ? await cluster.strangers.isUsedWithoutSecret(id, options)
    : await cluster.strangers.isUsedByStrangers(id, options).catch((cause: unknown) => {
        if (signal?.aborted === true) throw cause;
        throw notListed(id, cause);
      });
  if (hasStrangers) {
    throw new SessClientError(
      'SESS_BAD_OPTION',
      `Node ${id} is in use by clients that have another historySecret, or none, and would keep writing to it; nothing was changed. ` +
        'Give this client the same: historySecret takes several, and deriveHistorySecret(secret) is what the adapters use.',
      { node: id },
    );
  }
}

function notListed(id: string, cause: unknown): SessClientError {
  const reason = cause instanceof Error ? ` ${cause.message}` : '';
  const advice =
    codeOf(cause) === 'SESS_SERVER'
      ? ' With untilExpired: true it is drained all the same, in the longest time that a session lives.'
      : '';
  return new SessClientError(
    'SESS_SERVER',
    `Node ${id} does not list its keys, so it can't be drained; nothing was changed.${reason}${advice}`,
    { node: id, cause },
  );
}

function badRequest(text: string): SessClientError {
  return new SessClientError('SESS_BAD_VALUE', `${text} Nothing was changed.`);
}

/** Nobody renews the drain any more. */
function closedMeanwhile(id: string, cause?: unknown): SessClientError {
  const text = `The client was closed before node ${id} was drained; the node returns to rotation by itself.`;
  return new SessClientError('SESS_CLOSED', text, { node: id, cause });
}

/** @param id the node that should be out of rotation by now */
function throwIfStopped(cluster: DrainableCluster, id: string | undefined, signal: AbortSignal | undefined): void {
  if (id !== undefined && cluster.ended) throw closedMeanwhile(id);
  if (signal?.aborted === true) {
    throw new SessClientError('SESS_ABORTED', 'The drain was stopped; the node is back in rotation.', {
      cause: signal.reason,
    });
  }
  if (id !== undefined && !cluster.rotation.isDrained(id)) {
    throw new SessClientError(
      'SESS_UNAVAILABLE',
      `Node ${id} was put back into rotation by another client; drain it again.`,
      { node: id },
    );
  }
}
