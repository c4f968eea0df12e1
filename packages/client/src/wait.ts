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
  return new SessClientError('SESS_AUTH', `No node lets this client in: ${first.message}`, { cause: first });
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
  const advice = new Set(nodes.map(({ cause: reason }) => adviceFor(reason)));
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `None of ${nodes.length} nodes answered within ${timeoutMs} ms: ${tried}.${[...advice].join('')}`,
    { cause },
  );
}

const NOT_LISTENING = ' Check that memcached runs there, and listens on that address and port.';
const NOT_NAMED = ' Check that the name is right, and that the DNS servers of this machine know it.';
const NOT_ALLOWED = ' Check that this process may connect to it.';
const NO_WAY = ' Check the address, and that the network lets this machine reach it.';

/** By the errors of the system, which say what is wrong, but not what to do. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', NOT_LISTENING],
  ['ENOENT', NOT_LISTENING],
  ['ENOTFOUND', NOT_NAMED],
  ['EAI_AGAIN', NOT_NAMED],
  ['EACCES', NOT_ALLOWED],
  ['EPERM', NOT_ALLOWED],
  ['EHOSTUNREACH', NO_WAY],
  ['ENETUNREACH', NO_WAY],
  ['ETIMEDOUT', NO_WAY],
]);

/** What to check; empty if the reason says it itself, as the errors of the transports do. */
function adviceFor(reason: unknown): string {
  if (reason === undefined) return NO_WAY;
  for (let cause: unknown = reason; cause instanceof Error; cause = cause.cause) {
    const advice = 'code' in cause ? ADVICE.get(cause.code) : undefined;
    if (advice !== undefined) return advice;
  }
  return '';
}

function aborted(signal: AbortSignal | undefined): SessClientError {
  return new SessClientError('SESS_ABORTED', 'The signal of the caller fired; nothing was sent.', {
    cause: signal?.reason,
  });
}
