/**
 * `sess drain --self`: what a node's own machine or pod runs before it stops. It never puts the node back: the node is
 * going anyway.
 */
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

import { createClient, SessClientError, type Client } from '@sess/client';

import { clientOptions, observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { untilNotAsked } from '../cluster/until-not-asked.ts';
import { DONE, NO } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';

export interface DrainSelfOptions {
  readonly keysPerSecond?: number | undefined;
  /** `host:port`, or a host, where this machine can't tell by itself. */
  readonly node?: string | undefined;
  /** Seconds until the node is killed. */
  readonly deadline?: number | undefined;
}

const SAFE_AGAIN_MS = 500;
/** A pod that has just started may not be in the DNS yet. */
const LISTED_WITHIN_SECONDS = 30;
/** Time to say how it ended. */
const SPARE_MS = 1_000;

export async function drainSelf(
  { output, settings, streams }: CommandContext,
  options: DrainSelfOptions,
): Promise<number> {
  const { deadline } = options;
  const limits = [
    streams.signal,
    ...(deadline === undefined ? [] : [AbortSignal.timeout(Math.max(1, 1_000 * deadline - SPARE_MS))]),
  ];
  const over = AbortSignal.any(limits);
  const asked = settings();
  const observed = await observe(asked);
  const { copies } = observed;
  const node = selfAmong(observed.client, [...observed.nodes.keys()], options.node, streams.env);
  await observed.close();
  if (node === undefined) {
    output.data(
      { node: null, state: 'unknown' },
      () => 'This machine is no node of the cluster, and no handover names it: nothing to do.',
    );
    return DONE;
  }
  const client = createClient({ ...clientOptions(observed.settings, copies), distribution: asked.distribution });
  try {
    await client.ready();
    const isSafe = await Promise.race([emptied(client, node, options.keysPerSecond, over), whenOver(over)]);
    if (isSafe) await notAskedOr(over, client, node, asked);
    output.data({ node, state: isSafe ? 'drained' : 'not-drained' }, () =>
      isSafe
        ? `${node} is drained: nothing is lost when it stops.`
        : `${node} is not empty yet, and time is over: sessions that are only there are lost when it stops. Give it more time (terminationGracePeriodSeconds, TimeoutStopSec), or keep two copies.`,
    );
    return isSafe ? DONE : NO;
  } finally {
    // Not closed in peace: a drain that is stopped in peace puts the node back.
    client.destroy();
  }
}

/**
 * What a node runs when it has started: a drain that is done stands for as long as somebody lists the node, over its
 * restart, too.
 */
export async function putBackSelf(context: CommandContext, options: DrainSelfOptions): Promise<number> {
  const { output, settings, streams } = context;
  const until = performance.now() + 1_000 * (options.deadline ?? LISTED_WITHIN_SECONDS);
  const asked = settings();
  const { settings: known, copies } = await seen(asked);
  const client = createClient({ ...clientOptions(known, copies), distribution: asked.distribution });
  try {
    await client.ready();
    for (;;) {
      const node = selfAmong(client, [], options.node, streams.env);
      if (node !== undefined && client.topology.drains.has(node)) {
        await client.putBack(node);
        output.data({ node, state: 'in rotation' }, () => `${node} is back in rotation.`);
        return DONE;
      }
      if (node !== undefined) {
        output.data({ node, state: 'in rotation' }, () => `${node} is not drained: nothing to do.`);
        return DONE;
      }
      if (performance.now() > until) {
        output.data({ node: null, state: 'unknown' }, () => 'This machine is no node of the cluster: nothing to do.');
        return DONE;
      }
      await pause(SAFE_AGAIN_MS, undefined, { signal: streams.signal });
    }
  } finally {
    await client.close();
  }
}

/** What a look finds out of the clients' settings. */
async function seen(asked: ClusterSettings): Promise<Pick<ObservedCluster, 'settings' | 'copies'>> {
  const observed = await observe(asked);
  await observed.close();
  return observed;
}

/**
 * Drained where it is listed; where it has left the list already, as the DNS forgets a pod that is terminating, the handover
 * brings its sessions away, and is waited for.
 */
async function emptied(
  client: Client,
  node: string,
  keysPerSecond: number | undefined,
  over: AbortSignal,
): Promise<boolean> {
  while (!over.aborted) {
    const { nodes, drains } = client.topology;
    const isListed = nodes.some(({ id }) => id === node);
    try {
      if (isListed && drains.get(node) !== 'drained')
        await client.drain(node, keysPerSecond === undefined ? {} : { keysPerSecond });
      if ((await client.safeToRemove(node)).safe) return true;
    } catch (error) {
      if (!SessClientError.is(error)) throw error;
      // Off the list, and asked for nothing any more: it is empty.
      if (error.code === 'SESS_BAD_VALUE' && !isNamed(client, node)) return true;
      if (error.code === 'SESS_BAD_VALUE' && isAlone(client, node)) throw error;
    }
    await pause(SAFE_AGAIN_MS);
  }
  return false;
}

/** Until no request fails when the node stops, or time is over: nothing is lost in any case. */
async function notAskedOr(
  over: AbortSignal,
  client: Client,
  node: string,
  { historyIntervalMs }: ClusterSettings,
): Promise<void> {
  const limits = { timeoutMs: Infinity, signal: over, onProgress: () => undefined };
  await untilNotAsked(client, [node], { historyIntervalMs, ...limits }).catch(() => undefined);
}

function isNamed({ topology, handovers }: Client, node: string): boolean {
  return topology.nodes.some(({ id }) => id === node) || handovers.some(({ nodes }) => nodes.includes(node));
}

function isAlone({ topology: { rotation } }: Client, node: string): boolean {
  return rotation.every((id) => id === node);
}

function whenOver(over: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (over.aborted) resolve(false);
    over.addEventListener('abort', () => resolve(false), { once: true });
  });
}

/**
 * The node that runs on this machine, or in this pod: by its name, by an address of the machine, or by POD_IP.
 *
 * @throws {UsageError} when several fit, or `--node` names none.
 */
export function selfAmong(
  { topology }: Pick<Client, 'topology'>,
  ids: readonly string[],
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  machine: Machine = thisMachine(),
): string | undefined {
  const all = [...new Set([...topology.nodes.map(({ id }) => id), ...ids])];
  const own = given === undefined ? [env['POD_IP'], env['POD_NAME'], machine.name, ...machine.addresses] : [given];
  const names = new Set(own.flatMap((name) => (name === undefined || name === '' ? [] : [name])));
  const found = all.filter((id) => {
    const host = id.slice(0, id.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
    const address = topology.nodes.find((node) => node.id === id)?.address;
    const label = /^[\d.]+$|:/.test(host) ? host : (host.split('.')[0] ?? host);
    return [id, host, label, address].some((name) => name !== undefined && names.has(name));
  });
  if (found.length > 1)
    throw new UsageError(`Several nodes are on this machine: ${found.join(', ')}. Say which with --node HOST:PORT.`);
  if (found.length === 0 && given !== undefined)
    throw new UsageError(`--node: there is no node "${given}". The nodes are ${all.join(', ')}.`);
  return found[0];
}

export interface Machine {
  readonly name: string;
  readonly addresses: readonly string[];
}

function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return { name: hostname(), addresses };
}
