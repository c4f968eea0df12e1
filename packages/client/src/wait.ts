import { someOf } from '@sess/discovery';

import { deadline, type Clock } from './clock.ts';
import type { OperationOptions } from './contract.ts';
import { closed, SessClientError } from './errors.ts';
import type { MemcachedCluster } from './memcached-cluster.ts';
import type { View } from './membership/view.ts';

/** Returns the awaited value, an error if it can't come any more, or `undefined` to keep waiting. */
type Check<T> = () => T | Error | undefined;

/** Resolves with the first view; rejects with `SESS_UNAVAILABLE` after `timeoutMs`. */
export function firstView(
  cluster: MemcachedCluster,
  clock: Clock,
  timeoutMs: number,
  options: OperationOptions | undefined,
): Promise<View> {
  return waitFor(
    cluster,
    clock,
    timeoutMs,
    options?.signal,
    () => cluster.view,
    () => noTopology(cluster, timeoutMs),
  );
}

/** Resolves when one node answers; rejects after `timeoutMs`, or as soon as every node refused the credentials. */
export async function oneNodeUp(
  cluster: MemcachedCluster,
  clock: Clock,
  timeoutMs: number,
  options: OperationOptions | undefined,
): Promise<void> {
  await waitFor(
    cluster,
    clock,
    timeoutMs,
    options?.signal,
    () => nodeUp(cluster) ?? credentialsRefused(cluster),
    () => (cluster.view === undefined ? noTopology(cluster, timeoutMs) : noNode(cluster, timeoutMs)),
  );
}

function waitFor<T extends object>(
  cluster: MemcachedCluster,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  check: Check<T>,
  expired: () => SessClientError,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: T | Error): void => {
      cancel();
      unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const evaluate = (): void => {
      const outcome = cluster.ended ? closed() : check();
      if (outcome !== undefined) settle(outcome);
    };
    const onAbort = (): void => settle(aborted(signal));
    const cancel = deadline(clock, timeoutMs, () => settle(expired()));
    const unsubscribe = cluster.onChange(evaluate);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    else evaluate();
  });
}

function nodeUp(cluster: MemcachedCluster): View | undefined {
  const { view } = cluster;
  if (view === undefined) return undefined;
  return cluster.nodes.some((node) => node.health === 'up') ? view : undefined;
}

/** Waiting does not help if every node refuses the credentials. */
function credentialsRefused(cluster: MemcachedCluster): SessClientError | undefined {
  const causes = cluster.nodes.map(({ cause }) => cause);
  const [first] = causes;
  if (first === undefined || !causes.every((cause) => SessClientError.is(cause) && cause.code === 'SESS_AUTH'))
    return undefined;
  return new SessClientError(
    'SESS_AUTH',
    `Every node refuses the credentials: ${first.message} Check the option credentials.`,
    {
      cause: first,
    },
  );
}

function noTopology(cluster: MemcachedCluster, timeoutMs: number): SessClientError {
  const cause = cluster.discovery.lastError;
  const found = cause === undefined ? 'it has not answered yet' : `its last attempt failed: ${cause.message}`;
  return new SessClientError('SESS_UNAVAILABLE', `No topology from discovery within ${timeoutMs} ms: ${found}`, {
    cause,
  });
}

function noNode({ nodes }: MemcachedCluster, timeoutMs: number): SessClientError {
  const tried = someOf(nodes.map(({ id, cause }) => `${id} (${cause?.message.replace(/\.$/, '') ?? 'no answer yet'})`));
  const cause = nodes.find((node) => node.cause !== undefined)?.cause;
  const advice = nodes.every(({ cause: reason }) => somethingAnswered(reason))
    ? ''
    : ' Check that memcached runs there, that its name is right, and that this machine may connect to it.';
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `None of ${nodes.length} nodes answered within ${timeoutMs} ms: ${tried}.${advice}`,
    { cause },
  );
}

/** System errors if nothing listens, or nothing is reachable. */
const NOBODY_THERE: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
]);

/**
 * Whether a server answered (it expects TLS or a password, or is at its limit of connections). Then the reason needs no
 * advice.
 */
function somethingAnswered(reason: unknown): boolean {
  if (reason === undefined || (SessClientError.is(reason) && reason.code === 'SESS_TIMEOUT')) return false;
  for (let cause: unknown = reason; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && NOBODY_THERE.has(cause.code)) return false;
  return true;
}

function aborted(signal: AbortSignal | undefined): SessClientError {
  return new SessClientError('SESS_ABORTED', 'The signal of the caller fired; nothing was sent.', {
    cause: signal?.reason,
  });
}
