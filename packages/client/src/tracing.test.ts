import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { A, B, fakeCluster, keyOf, type FakeCluster } from '../test/fake-cluster.ts';
import { operationChannels, type ClientOperation, type OperationContext } from './tracing.ts';

const ttlSeconds = 60;
const OPERATIONS: readonly ClientOperation[] = ['get', 'set', 'touch', 'delete'];
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

let heard: { readonly event: string; readonly context: OperationContext }[] = [];

/** Subscribes by literal channel names, as a subscriber would. */
function listen(): void {
  for (const operation of OPERATIONS) {
    const channel = tracingChannel<unknown, OperationContext>(`@sess/client:${operation}`);
    for (const event of EVENTS) {
      const note = (context: unknown): void => void heard.push({ event, context: context as OperationContext });
      channel[event].subscribe(note);
      onTestFinished(() => channel[event].unsubscribe(note));
    }
  }
}

async function everyOperation({ client }: FakeCluster): Promise<void> {
  await client.get('secret-key');
  const record = await client.set('secret-key', 'secret-value', { ttlSeconds });
  await client.get('secret-key');
  await client.set('secret-key', 'secret-value', { ttlSeconds, expect: record });
  await client.touch('secret-key', ttlSeconds);
  await client.delete('secret-key', { ttlSeconds });
  await client.touch('secret-key', ttlSeconds);
  await client.delete('secret-key', { ttlSeconds });
}

beforeEach(() => void (heard = []));
afterEach(() => void vi.restoreAllMocks());

describe('@sess/client:get, :set, :touch and :delete', () => {
  it('tell every operation, to which node it went and what came of it', async () => {
    const cluster = await fakeCluster([A]);
    listen();
    await everyOperation(cluster);
    const ended = heard.filter(({ event }) => event === 'asyncEnd').map(({ context }) => context);
    expect(ended.map(({ operation, result }) => [operation, result])).toEqual([
      ['get', 'miss'],
      ['set', 'stored'],
      ['get', 'hit'],
      ['set', 'stored'],
      ['touch', 'hit'],
      ['delete', 'hit'],
      ['touch', 'miss'],
      ['delete', 'miss'],
    ]);
    for (const context of ended)
      expect(context).toMatchObject({ system: 'memcached', serverAddress: '10.0.0.1', serverPort: 11_211 });
  });

  it('tell one operation in one context, from its start to its end', async () => {
    const { client } = await fakeCluster([A]);
    listen();
    await client.get('key');
    expect(heard.map(({ event }) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(new Set(heard.map(({ context }) => context)).size).toBe(1);
  });

  it('tell the owner of the key and its address, before anything is sent', async () => {
    const { client } = await fakeCluster([A, `${B}|192.0.2.7`]);
    listen();
    await client.get(keyOf(client, B));
    expect(heard[0]?.context).toMatchObject({
      serverAddress: '10.0.0.2',
      serverPort: 11_211,
      peerAddress: '192.0.2.7',
    });
  });

  it('tell a failure, and reject as without a listener', async () => {
    const { client, network, clock } = await fakeCluster([A]);
    await client.set('key', 'value', { ttlSeconds });
    listen();
    network.at(A).behaviour = 'hangs';
    const answer = expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT' });
    await clock.pass(500);
    await answer;
    expect(heard.map(({ event }) => event)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard.at(-1)?.context).toMatchObject({ error: { code: 'SESS_TIMEOUT' } });
    expect(heard.at(-1)?.context).not.toHaveProperty('result');
  });

  it('answer what they answer without a listener', async () => {
    const { client } = await fakeCluster([A]);
    listen();
    const written = await client.set('key', 'value', { ttlSeconds });
    expect((await client.get('key'))?.value.toString()).toBe('value');
    await expect(client.set('key', 'x', { ttlSeconds, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    await client.set('key', 'other', { ttlSeconds, expect: written });
    expect(await client.touch('key', ttlSeconds)).toBe(true);
    expect(await client.delete('key', { ttlSeconds })).toBe(true);
    expect(await client.get('key')).toBeUndefined();
  });

  it('hold no key and no value', async () => {
    const cluster = await fakeCluster([A]);
    listen();
    await everyOperation(cluster);
    await expect(cluster.client.set('secret-key', 'x', { ttlSeconds, expect: 'absent' })).rejects.toThrow();
    expect(inspect(heard, { depth: Infinity, showHidden: true })).not.toContain('secret');
  });

  it('carry what a subscriber binds through the whole operation', async () => {
    const cluster = await fakeCluster([A]);
    const storage = new AsyncLocalStorage<string>();
    const { start, asyncEnd } = tracingChannel<string, OperationContext>('@sess/client:get');
    const seen: unknown[] = [];
    const note = (): void => void seen.push(storage.getStore());
    start.bindStore(storage, ({ operation }) => `the span of a ${operation}`);
    asyncEnd.subscribe(note);
    onTestFinished(() => {
      start.unbindStore(storage);
      asyncEnd.unsubscribe(note);
    });
    await cluster.client.get('key');
    expect(seen).toEqual(['the span of a get']);
    expect(storage.getStore()).toBeUndefined();
  });

  it('make no context, and call nothing of Node.js, while nobody listens', async () => {
    const cluster = await fakeCluster([A]);
    const calls = OPERATIONS.map((operation) => vi.spyOn(operationChannels[operation], 'tracePromise'));
    await everyOperation(cluster);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
    listen();
    await everyOperation(cluster);
    for (const call of calls) expect(call).toHaveBeenCalledTimes(2);
  });
});
