import { expect, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { FakeNetwork } from './fake-transport.ts';

export const A = '10.0.0.1:11211';
export const B = '10.0.0.2:11211';
export const C = '10.0.0.3:11211';

export interface FakeCluster {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly discovery: FakeDiscovery;
}

/**
 * A client over servers in memory. It knows `nodes`, unless there are none yet. Jitter is off: every pause is the plain
 * one. The history is read at the beginning, and then hardly ever.
 */
export async function fakeCluster(
  nodes: readonly string[],
  options: Partial<ClientOptions> = {},
): Promise<FakeCluster> {
  const clock = new FakeClock();
  const servers = { clock, network: new FakeNetwork(clock) };
  return { ...servers, ...(await join(servers, nodes, { historyIntervalMs: 600_000, ...options })) };
}

/** Another process over the same servers, which reads the history every second. */
export async function join(
  { clock, network }: Pick<FakeCluster, 'clock' | 'network'>,
  nodes: readonly string[],
  options: Partial<ClientOptions> = {},
): Promise<Pick<FakeCluster, 'client' | 'discovery'>> {
  const discovery = new FakeDiscovery();
  const client = createClient({
    discovery,
    transport: network,
    clock,
    random: () => 0.5,
    historyIntervalMs: 1_000,
    ...options,
  });
  onTestFinished(() => client.destroy());
  if (nodes.length > 0) discovery.report(...nodes);
  await settled();
  return { client, discovery };
}

/** A key that `owner` holds, as the client sees it now. */
export function keyOf(client: Client, owner: string): string {
  for (let number = 0; number < 10_000; number += 1) {
    const key = `key-${number}`;
    if (client.explain(key).owners[0] === owner) return key;
  }
  throw new Error(`no key for ${owner}`);
}

/**
 * A record of 100 seconds on A and B, while C joins as the first owner of its key: views overlap. C has no copy yet, and
 * one of A and B is the other owner.
 */
export async function overlapping(): Promise<FakeCluster & { readonly key: string; readonly version: bigint }> {
  const cluster = await fakeCluster([A, B], { copies: 2 });
  const { client, network, discovery } = cluster;
  discovery.report(A, B, C);
  await expect.poll(() => client.topology.states.has(C)).toBe(true);
  const key = keyOf(client, C);
  discovery.report(A, B);
  await expect.poll(() => client.topology.states.has(C)).toBe(false);
  const { version } = await client.set(key, 'value', { ttlSeconds: 100, expect: 'absent' });
  network.at(C).delete(key);
  discovery.report(A, B, C);
  await expect.poll(() => client.explain(key).mode).toBe('overlap');
  return { ...cluster, key, version };
}
