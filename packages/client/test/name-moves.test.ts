/** A pod or machine that returns has another address under its name: the client follows the name, not its pauses. */
import dns, { type LookupAddress } from 'node:dns';
import { platform } from 'node:os';
import { elasticache, staticNodes, type Discovery } from '@sess/discovery';
import { startConfigurationEndpoint } from '@sess/local-cluster';
import { freePort, memcachedAt, type MemcachedWith } from '@sess/loopback';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { textTransport } from '../src/transport/text/index.ts';
import { keyOf } from './fake-cluster.ts';
import { OPTIONS } from './text-scripted-server.ts';

const ttlSeconds = 600;
const [OLD, NEW, OTHER] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;
/** Nothing but the name can bring a node back before the test times out. */
const NEVER = { connectTimeoutMs: 600_000, maxProbePauseMs: 600_000, timeoutMs: 300 };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(resource: T): T {
  open.push(resource);
  return resource;
}

type Callback = (error: Error | null, found: LookupAddress[]) => void;

/** What the operating system's look-ups find. A pod that is not there does not resolve. */
const names = new Map<string, string>();
const asBefore = dns.lookup as (host: string, options: object, callback: Callback) => void;

function lookup(host: string, options: object, callback: Callback): void {
  const address = names.get(host);
  if (!host.startsWith('pod-')) asBefore(host, options, callback);
  else if (address === undefined) setImmediate(callback, Object.assign(new Error(host), { code: 'ENOTFOUND' }), []);
  else setImmediate(callback, null, [{ address, family: 4 }]);
}

beforeEach(() => {
  names.clear();
  Reflect.set(dns, 'lookup', lookup);
});
afterEach(() => void Reflect.set(dns, 'lookup', asBefore));

interface Pods {
  readonly client: Client;
  /** The node that moves: `host:port`. */
  readonly id: string;
  readonly old: MemcachedWith;
  /** Another memcached, under the same name and port. */
  readonly returns: () => MemcachedWith;
}

async function endpointOf(hosts: readonly string[], port: number): Promise<Discovery> {
  const endpoint = await startConfigurationEndpoint({
    listing: () => ({ version: 1, nodes: hosts.map((host) => ({ host, address: names.get(host) ?? '', port })) }),
  });
  own({ [Symbol.asyncDispose]: () => endpoint.close() });
  return elasticache(`${endpoint.host}:${endpoint.port}`);
}

const listOf = (hosts: readonly string[], port: number): Discovery =>
  staticNodes(hosts.map((host) => `${host}:${port}`));

async function twoPods(
  options: Partial<ClientOptions>,
  discover: (hosts: readonly string[], port: number) => Discovery | Promise<Discovery>,
): Promise<Pods> {
  const port = await freePort();
  names.set('pod-0.test', OLD).set('pod-1.test', OTHER);
  const old = own(memcachedAt(OLD, port));
  own(memcachedAt(OTHER, port));
  const client = own(createClient({ discovery: await discover([...names.keys()], port), ...options }));
  const id = `pod-0.test:${port}`;
  await expect.poll(() => [...client.topology.states.values()]).toEqual(['up', 'up']);
  await client.ready();
  const returns = (): MemcachedWith => {
    const returned = own(memcachedAt(NEW, port));
    names.set('pod-0.test', NEW);
    return returned;
  };
  return { client, id, old, returns };
}

/** Its machine is cut off: connections stand, and nothing answers. */
function hangs({ old }: Pods): void {
  old.process.kill('SIGSTOP');
}

async function isUsedAgain({ client, id }: Pods): Promise<void> {
  await expect.poll(() => client.topology.states.get(id), { timeout: 10_000 }).toBe('up');
  const key = keyOf(client, id);
  await client.set(key, 'there', { ttlSeconds });
  expect((await client.get(key))?.value.toString()).toBe('there');
}

describe.runIf(inject('runtimes').includes('memcached') && platform() === 'linux')(
  'a node that returns at another address',
  { timeout: 30_000 },
  () => {
    it('is used as soon as its name leads there', async () => {
      const pods = await twoPods(NEVER, listOf);
      hangs(pods);
      await expect.poll(() => pods.client.topology.states.get(pods.id), { timeout: 10_000 }).toBe('down');
      pods.returns();
      await isUsedAgain(pods);
    });

    it('is asked for its statistics where its name leads when no connection stands', async () => {
      const port = await freePort();
      names.set('pod-0.test', OLD);
      const old = own(memcachedAt(OLD, port));
      let isLost = false;
      const events = { connected: () => undefined, disconnected: () => void (isLost = true) };
      const transport = textTransport().open({ id: `pod-0.test:${port}`, host: 'pod-0.test', port }, OPTIONS, events);
      own({ [Symbol.asyncDispose]: async () => transport.destroy() });
      await expect.poll(() => transport.probe().catch(() => undefined)).toBeDefined();
      await old[Symbol.asyncDispose]();
      await expect.poll(() => isLost).toBe(true);
      own(memcachedAt(NEW, port));
      names.set('pod-0.test', NEW);
      await expect.poll(() => transport.stats?.('general').catch(() => undefined)).toBeDefined();
    });

    it('is drained over the connection that stands, though its name does not resolve any more', async () => {
      const pace = { historyIntervalMs: 100, handover: { clockSkewMs: 0 } };
      const { client, id } = await twoPods(pace, listOf);
      const key = keyOf(client, id);
      await client.set(key, 'moves', { ttlSeconds });
      names.delete('pod-0.test');
      await expect(client.drain(id)).resolves.toMatchObject({ keys: 1, carried: 1 });
      expect(client.explain(key).owners).not.toContain(id);
    });

    it('is used as soon as the configuration endpoint lists the address', async () => {
      const pods = await twoPods({ connectTimeoutMs: NEVER.connectTimeoutMs, timeoutMs: NEVER.timeoutMs }, endpointOf);
      hangs(pods);
      await expect.poll(() => pods.client.topology.states.get(pods.id), { timeout: 10_000 }).toBe('down');
      pods.returns();
      await isUsedAgain(pods);
    });
  },
);
