import { once } from 'node:events';
import { connect } from 'node:net';

import type { Topology } from '@sess/discovery';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client, DrainProgress } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { Transport } from '../src/transport/transport.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { heard } from './heard.ts';

const runtimes = inject('mainRuntimes');
const TTL = 600;
const PACE = { historyIntervalMs: 100, timeoutMs: 5_000, handover: { clockSkewMs: 0, finish: false } };

interface Party {
  readonly client: Client;
  readonly discovery: FakeDiscovery;
}

async function join(nodes: readonly string[], options: Partial<ClientOptions> = {}): Promise<Party> {
  const discovery = new FakeDiscovery();
  const client = createClient({ ...PACE, discovery, ...options });
  onTestFinished(() => client.close());
  discovery.report(...nodes);
  await client.ready();
  return { client, discovery };
}

async function start(runtime: (typeof runtimes)[number], nodes: number): Promise<[LocalCluster, string[]]> {
  const cluster = await startLocalCluster({ nodes, runtime });
  onTestFinished(() => cluster.close());
  return [cluster, cluster.nodes.map(({ id }) => id)];
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `session-${number}`);
}

async function fill(client: Client, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += 100) {
    await Promise.all(
      keys
        .slice(from, from + 100)
        .map((key) => client.set(key, `value of ${key}`, { ttlSeconds: TTL, expect: 'absent' })),
    );
  }
}

function ownedBy(client: Client, keys: readonly string[], id: string): string[] {
  return keys.filter((key) => client.explain(key).owners[0] === id);
}

/** Sees a node alone, without a history of its cluster: what it holds itself. */
async function alone(id: string): Promise<Client> {
  const discovery = new FakeDiscovery();
  const transport: Transport = {
    ...textTransport(),
    open: (node, ...rest) => withoutHistory(textTransport().open(node, ...rest)),
  };
  const client = createClient({ ...PACE, discovery, transport });
  onTestFinished(() => client.close());
  discovery.report(id);
  await client.ready();
  return client;
}

function withoutHistory(transport: ReturnType<Transport['open']>): ReturnType<Transport['open']> {
  const [get, store] = [transport.get.bind(transport), transport.store.bind(transport)];
  transport.get = (key, options) => (key.startsWith('@sess/') ? Promise.resolve(undefined) : get(key, options));
  transport.store = (mode, key, ...rest) =>
    key.startsWith('@sess/') ? Promise.resolve('stored') : store(mode, key, ...rest);
  return transport;
}

/** What memcached answers to one line. */
async function said(id: string, line: string): Promise<string> {
  const socket = connect(Number(id.split(':')[1]), id.split(':')[0]);
  socket.write(`${line}\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes.toString('latin1').trimEnd();
}

/** Resolves when every client acts on a view without the node, or with it. */
async function rotationIs(client: Client, keys: readonly string[], id: string, isIn: boolean): Promise<void> {
  await expect.poll(() => ownedBy(client, keys, id).length > 0, { timeout: 10_000, interval: 10 }).toBe(isIn);
}

describe.each(runtimes)('draining a node (%s)', (runtime) => {
  it.each(['meta', 'classic'] as const)(
    'does not leave the shorter life where an earlier owner has a copy that is the same, %s',
    { timeout: 30_000 },
    async (dialect) => {
      const [, [first = '', second = '']] = await start(runtime, 2);
      const { client, discovery } = await join([first], { transport: textTransport({ dialect }) });
      const keys = keysOf(40);
      await fill(client, keys);
      discovery.report(first, second);
      await expect.poll(() => ownedBy(client, keys, second).length).toBeGreaterThan(0);
      const moved = ownedBy(client, keys, second);
      // All agree: who writes now leaves a copy on the earlier owner that ends with its window.
      await expect.poll(() => client.explain(moved[0] ?? '').mode).toBe('handover');
      for (const key of moved) {
        await client.set(key, 'changed', { ttlSeconds: TTL, expect: (await client.get(key)) ?? 'absent' });
        expect(await said(first, `touch ${key} 20`)).toBe('TOUCHED');
      }
      await client.drain(second);
      for (const key of moved)
        expect(Number(/ t(\d+)/.exec(await said(first, `mg ${key} t`))?.[1])).toBeGreaterThan(60);
    },
  );

  it(
    'carries all that it holds: removing it then loses nothing, and what was deleted stays deleted',
    { timeout: 60_000 },
    async () => {
      const [cluster, [a = '', b = '', c = '']] = await start(runtime, 3);
      // An agreement takes longer than marking the node, on a busy machine too: so there is one to be told of.
      const [one, other] = [
        await join([a, b, c], { handover: { clockSkewMs: 500, finish: false } }),
        await join([a, b, c]),
      ];
      const keys = keysOf(2_000);
      await fill(one.client, keys);
      const onDrained = ownedBy(one.client, keys, c);
      const deleted = onDrained.slice(0, 50);
      for (const key of deleted) await one.client.delete(key, { ttlSeconds: TTL });

      const told: DrainProgress[] = [];
      const done = await one.client.drain(c, { onProgress: (progress) => told.push(progress) });
      expect(told[0]).toMatchObject({ phase: 'agreeing', keys: 0, carried: 0 });
      expect(told[0]?.agreedInMs).toBeGreaterThan(0);
      expect(told.at(-1)).toEqual(done);
      expect(done).toEqual({
        phase: 'done',
        keys: onDrained.length,
        carried: onDrained.length,
        agreedInMs: 0,
        expiredInMs: 0,
      });
      await rotationIs(other.client, keys, c, false);

      // On the very nodes that own it now, whoever else is asked.
      for (const id of [a, b]) {
        const node = await alone(id);
        for (const key of onDrained.filter((candidate) => one.client.explain(candidate).owners[0] === id)) {
          const record = await node.get(key);
          if (deleted.includes(key)) {
            expect(record).toBeUndefined();
            await expect(node.set(key, 'again', { ttlSeconds: 1, expect: 'absent' })).rejects.toMatchObject({
              code: 'SESS_CONFLICT',
            });
          } else {
            expect(record?.value.toString()).toBe(`value of ${key}`);
            expect(record?.ttlSeconds).toBeGreaterThan(TTL - 120);
            expect(record?.ttlSeconds).toBeLessThanOrEqual(TTL);
          }
        }
      }

      await cluster.removeNode(c);
      for (const { client, discovery } of [one, other]) {
        discovery.report(a, b);
        await expect.poll(() => client.topology.nodes.length).toBe(2);
        const found = await Promise.all(keys.map((key) => client.get(key)));
        expect(found.map((record) => record?.value.toString())).toEqual(
          keys.map((key) => (deleted.includes(key) ? undefined : `value of ${key}`)),
        );
      }
    },
  );

  it('loses no change that others make meanwhile', async () => {
    const [, [a = '', b = '', c = '']] = await start(runtime, 3);
    const [one, other] = [await join([a, b, c]), await join([a, b, c])];
    const keys = keysOf(200);
    await fill(one.client, keys);
    const draining = one.client.drain(c, { keysPerSecond: 100 });
    const over = new AbortController();
    const finished = draining.finally(() => over.abort());
    const latest = new Map<string, string>();
    for (let round = 1; !over.signal.aborted; round += 1) {
      for (const key of keys.slice(0, 50)) {
        await other.client.set(key, `round ${round}`, { ttlSeconds: TTL });
        latest.set(key, `round ${round}`);
      }
    }
    await finished;
    for (const { client } of [one, other]) {
      for (const key of keys)
        expect((await client.get(key))?.value.toString()).toBe(latest.get(key) ?? `value of ${key}`);
    }
  });

  it('stopped by its signal puts the node back, for every client', async () => {
    const [, [a = '', b = '']] = await start(runtime, 2);
    const [one, other] = [await join([a, b]), await join([a, b])];
    const keys = keysOf(500);
    await fill(one.client, keys);
    const stop = new AbortController();
    const draining = one.client.drain(b, {
      keysPerSecond: 20,
      signal: stop.signal,
      onProgress: ({ phase }) => {
        if (phase === 'carrying') stop.abort(new Error('not today'));
      },
    });
    await rotationIs(other.client, keys, b, false);
    await expect(draining).rejects.toMatchObject({
      code: 'SESS_ABORTED',
      message: expect.stringContaining('back in rotation') as string,
      cause: { message: 'not today' },
    });
    for (const { client } of [one, other]) {
      await rotationIs(client, keys, b, true);
      for (const key of keys) expect((await client.get(key))?.value.toString()).toBe(`value of ${key}`);
    }
  });

  it('can be done twice, and by another client', async () => {
    const [, [a = '', b = '']] = await start(runtime, 2);
    const [one, other] = [await join([a, b]), await join([a, b])];
    const keys = keysOf(100);
    await fill(one.client, keys);
    const first = await one.client.drain(b);
    await rotationIs(other.client, keys, b, false);
    const second = await other.client.drain(b);
    // On the node that was drained the records are still, for as long as somebody may ask for them there.
    expect(second).toMatchObject({ phase: 'done', carried: first.carried });
    for (const key of keys) expect((await one.client.get(key))?.value.toString()).toBe(`value of ${key}`);
  });

  it('ends when somebody else puts the node back', async () => {
    const [, [a = '', b = '']] = await start(runtime, 2);
    const [one, other] = [await join([a, b]), await join([a, b])];
    await fill(one.client, keysOf(500));
    const carrying = new AbortController();
    const begun = once(carrying.signal, 'abort');
    const draining = one.client.drain(b, {
      keysPerSecond: 40,
      onProgress: ({ phase }) => phase === 'carrying' && carrying.abort(),
    });
    const ended = draining.catch((error: unknown) => error);
    await begun;
    const stop = new AbortController();
    const stopped = other.client.drain(b, { keysPerSecond: 10, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    await expect(ended).resolves.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringContaining('another client') as string,
    });
  });

  it('that was removed and is added again is a new one, in rotation', async () => {
    const [, [a = '', b = '']] = await start(runtime, 2);
    const { client, discovery } = await join([a, b]);
    const keys = keysOf(100);
    await client.drain(b);
    await rotationIs(client, keys, b, false);
    discovery.report(a);
    const back = heard('sess:client:topology', ({ added }) => added.includes(b));
    discovery.report(a, b);
    await back;
    await rotationIs(client, keys, b, true);
  });
});

async function refusal(client: Client, id: string, options = {}): Promise<unknown> {
  const before: Topology = client.topology;
  const error = await client.drain(id, options).catch((reason: unknown) => reason);
  expect(client.topology.nodes).toEqual(before.nodes);
  return error;
}

describe('a drain that can not be', () => {
  it('is refused before anything was changed', async () => {
    const [, [a = '', b = '']] = await start('embedded', 2);
    const { client } = await join([a, b]);
    const owners = keysOf(100).map((key) => client.explain(key).owners);
    const bad = { code: 'SESS_BAD_VALUE', message: expect.stringContaining('Nothing was changed') as string };
    expect(await refusal(client, '10.9.9.9:11211')).toMatchObject(bad);
    expect(await refusal(client, b, { keysPerSecond: 0 })).toMatchObject(bad);
    expect(await refusal(client, b, { keysPerSecond: Infinity })).toMatchObject(bad);
    expect(await refusal(client, b, { signal: AbortSignal.abort() })).toMatchObject({ code: 'SESS_ABORTED' });
    expect(keysOf(100).map((key) => client.explain(key).owners)).toEqual(owners);
  });

  it('is refused for the last node in rotation', async () => {
    const [, [a = '', b = '']] = await start('embedded', 2);
    const { client } = await join([a, b]);
    await client.drain(b);
    expect(await refusal(client, a)).toMatchObject({
      code: 'SESS_BAD_VALUE',
      message: expect.stringContaining('no other node') as string,
    });
  });

  it('is refused over a transport that lists no keys', async () => {
    const [, [a = '', b = '']] = await start('embedded', 2);
    const { client } = await join([a, b], {
      transport: { name: 'mute', open: (...given) => withoutListing(textTransport().open(...given)) },
    });
    const owners = keysOf(100).map((key) => client.explain(key).owners);
    expect(await refusal(client, b)).toMatchObject({
      code: 'SESS_SERVER',
      node: b,
      message: expect.stringContaining('nothing was changed') as string,
    });
    expect(keysOf(100).map((key) => client.explain(key).owners)).toEqual(owners);
  });
});

function withoutListing(transport: ReturnType<Transport['open']>): ReturnType<Transport['open']> {
  Object.defineProperty(transport, 'keys', { value: undefined });
  return transport;
}
