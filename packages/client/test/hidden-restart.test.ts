/** A restart of memcached that a proxy hides: the connections stay, the CAS numbers begin anew. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { HidingProxy } from './hiding-proxy.ts';
import { partyOfEachTest } from './party.ts';

const ttlSeconds = 600;
/** More items than the clients write by themselves. */
const FILLERS = 300;

const party = partyOfEachTest();

/** The CAS number of `key`, past any client. */
async function numberOf(port: number, key: string): Promise<number> {
  return Number(/ (\d+)\r\n/.exec(await send(port, `gets ${key}\r\n`))?.[1]);
}

/** The CAS number of the next item. */
async function nextNumber(port: number): Promise<number> {
  await fill(port, 1);
  return 1 + (await numberOf(port, 'filler'));
}

function fill(port: number, count: number): Promise<string> {
  return send(port, 'set filler 0 0 1 noreply\r\nx\r\n'.repeat(count));
}

async function send(port: number, requests: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let reply = '';
  socket.on('data', (chunk: string) => (reply += chunk));
  socket.write(`${requests}quit\r\n`);
  await once(socket, 'close');
  return reply;
}

interface Scene {
  readonly cluster: LocalCluster;
  /** Stands in front of the node. */
  readonly proxy: HidingProxy;
  /** Two. */
  readonly clients: readonly Client[];
}

async function start(): Promise<Scene> {
  const cluster = await party.start('memcached', 1);
  const proxy = party.own(await HidingProxy.start(cluster.nodes[0]?.port ?? 0), (started) =>
    started[Symbol.asyncDispose](),
  );
  // Nothing is asked between the requests of the test.
  const options = { copies: 1, historyIntervalMs: 600_000, probeIntervalMs: 600_000 };
  const clients: Client[] = [];
  for (const name of ['one', 'other']) {
    const { client } = await party.join([proxy.id], options);
    // From now on the time to live is known, and a write is one request.
    await client.set(name, 'first', { ttlSeconds, expect: 'absent' });
    clients.push(client);
  }
  return { cluster, proxy, clients };
}

async function restart({ cluster, proxy }: Scene): Promise<void> {
  const id = cluster.nodes[0]?.id ?? '';
  await cluster.crashNode(id);
  await expect.poll(() => proxy.connections).toBe(0);
  await cluster.restartNode(id);
}

describe.runIf(inject('runtimes').includes('memcached'))('a restart that a proxy hides', () => {
  it('replaces no other record that has the number of the one before', { timeout: 60_000 }, async () => {
    const scene = await start();
    const { cluster } = scene;
    const [one, other] = scene.clients as [Client, Client];
    const port = cluster.nodes[0]?.port ?? 0;
    await fill(port, FILLERS);
    const number = await nextNumber(port);
    await one.set('key', 'before', { ttlSeconds, expect: 'absent' });
    const before = await one.get('key');
    await restart(scene);
    // The new record gets the same number.
    await fill(port, number - (await nextNumber(port)));
    await other.set('key', 'after', { ttlSeconds, expect: 'absent' });
    expect(await numberOf(port, 'key')).toBe(number);
    // Any request that looks at the fence.
    expect(await one.get('another')).toBeUndefined();
    const stale = one.set('key', 'too late', { ttlSeconds, expect: before ?? 'absent' });
    await expect(stale).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    expect((await other.get('key'))?.value.toString()).toBe('after');
  });

  it('leaves views, records and deletions as they are', { timeout: 60_000 }, async () => {
    const scene = await start();
    const [one, other] = scene.clients as [Client, Client];
    await one.set('key', 'before', { ttlSeconds, expect: 'absent' });
    await restart(scene);
    expect(await one.get('key')).toBeUndefined();
    await other.set('key', 'after', { ttlSeconds, expect: 'absent' });
    const record = await one.get('key');
    expect(record?.value.toString()).toBe('after');
    await one.set('key', 'changed', { ttlSeconds, expect: record ?? 'absent' });
    expect(await other.delete('key', { ttlSeconds })).toBe(true);
    expect(await one.get('key')).toBeUndefined();
  });
});
