import { inspect } from 'node:util';
import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { storageKey } from '@sess/session';
import type { StoreError } from '../src/errors.ts';
import { ExternalStore } from '../src/external-store.ts';

const TTL = { ttlSeconds: 60 };

describe.each(inject('mainRuntimes'))('a store for another library (%s)', (runtime) => {
  let cluster: LocalCluster;
  let client: Client;
  let store: ExternalStore;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime });
    client = createClient({ servers: cluster.url, timeoutMs: 5_000 });
    store = new ExternalStore({ client }, 't/');
    await store.ready();
  });
  afterAll(async () => {
    await client.close();
    await cluster.close();
  });

  const begun = async (session: object): Promise<string> => {
    const id = store.newId();
    await store.save(id, { ...TTL, session, base: 'new' });
    return id;
  };
  const documentOf = async (id: string): Promise<unknown> => (await store.load(id))?.document;

  it('keeps what the library gives it', async () => {
    const id = await begun({ user: 'USER_123', since: new Date(0) });
    expect(await documentOf(id)).toEqual({ user: 'USER_123', since: '1970-01-01T00:00:00.000Z' });
    expect(await documentOf(store.newId())).toBeUndefined();
  });

  it('gives every reader a document of its own', async () => {
    const held = await store.load(await begun({ cart: ['sku-1'] }));
    Object.assign(held?.document ?? {}, { cart: [] });
    expect(held?.document).toEqual({ cart: ['sku-1'] });
  });

  it('lets a session end when its time is over', async () => {
    const id = store.newId();
    await store.save(id, { ttlSeconds: 1, session: { user: 1 }, base: 'new' });
    await vi.waitFor(async () => expect(await documentOf(id)).toBeUndefined(), { timeout: 10_000 });
  });

  it('takes bytes that are no session for none', async () => {
    await client.set(storageKey('t/', 'an id'), 'not JSON', TTL);
    expect(await store.load('an id')).toBeUndefined();
  });

  it.each(['', undefined, 7])('refuses %j as an id', async (id) => {
    await expect(store.load(id as string)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
  });

  it('drops the save of a session that was destroyed, whether it knows what the save is based on or not', async () => {
    const id = await begun({ user: 'USER_123' });
    const held = await store.load(id);
    expect(await store.destroy(id)).toBe(true);
    expect(await store.save(id, { ...TTL, session: { user: 'late' }, base: held ?? 'unknown' })).toBeUndefined();
    expect(await store.save(id, { ...TTL, session: { user: 'late' }, base: 'unknown' })).toBeUndefined();
    expect(await store.touch(id, 60)).toBe(false);
    expect(await documentOf(id)).toBeUndefined();
  });

  it('does not begin a session that was loaded and is gone without a trace', async () => {
    const id = await begun({ user: 'USER_123' });
    const held = await store.load(id);
    await client.touch(storageKey('t/', id), 1);
    await vi.waitFor(async () => expect(await documentOf(id)).toBeUndefined(), { timeout: 10_000 });
    expect(await store.save(id, { ...TTL, session: { user: 'late' }, base: held ?? 'unknown' })).toBeUndefined();
  });

  it('says so when a new session gets the id of one that was destroyed', async () => {
    const id = await begun({ user: 'USER_123' });
    await store.destroy(id);
    const saving = store.save(id, { ...TTL, session: { user: 'again' }, base: 'new' });
    await expect(saving).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
      message: expect.stringContaining('ids are not used again'),
    });
  });

  it('keeps a tombstone for as long as the longest session that it gave or saw', async () => {
    const id = store.newId();
    const other = new ExternalStore({ client }, 't/');
    await other.save(id, { ttlSeconds: 500_000, session: { user: 1 }, base: 'new' });
    await store.load(id);
    const deleting = vi.spyOn(client, 'delete');
    await store.destroy(id);
    const [, options] = deleting.mock.calls[0] ?? [];
    deleting.mockRestore();
    expect(options?.ttlSeconds).toBeGreaterThan(499_000);
  });

  it('keeps the changes of two requests, key by key; of one key, and of its own keys, those of the later', async () => {
    const base = { user: 'USER_123', note: 'old', cart: { a: 1 }, cookie: 1 };
    const id = await begun(base);
    const [first, second] = [await store.load(id), await store.load(id)];
    const { note: _note, ...rest } = base;
    await store.save(id, {
      ...TTL,
      session: { ...base, user: 'USER_456', cart: { b: 2 }, cookie: 2 },
      base: first ?? 'unknown',
    });
    const later = { ...rest, cart: { c: 3 }, seen: true };
    const held = await store.save(id, { ...TTL, session: later, base: second ?? 'unknown', ownKeys: ['cookie'] });
    expect(await documentOf(id)).toEqual({ user: 'USER_456', cart: { c: 3 }, cookie: 1, seen: true });
    // The base of this request's next save is what the request saw, not the merged session.
    await store.save(id, { ...TTL, session: { ...later, seen: false }, base: held ?? 'unknown', ownKeys: ['cookie'] });
    expect(await documentOf(id)).toEqual({ user: 'USER_456', cart: { c: 3 }, cookie: 1, seen: false });
  });

  it('lets the last writer win where nothing is known of the requests, and keeps what is stored where one changed nothing', async () => {
    const id = await begun({ user: 'USER_123', cookie: 1 });
    await store.save(id, { ...TTL, session: { user: 'USER_456', cookie: 2 }, base: 'unknown' });
    await store.save(id, {
      ...TTL,
      session: { user: 'USER_123', cookie: 3 },
      base: 'unknown',
      unchanged: true,
      ownKeys: ['cookie'],
    });
    expect(await documentOf(id)).toEqual({ user: 'USER_456', cookie: 3 });
  });

  it('tells of an outage in an error that is a line or two in a log, names no node but in its cause, and has the fault’s code', async () => {
    const unreachable = new ExternalStore({ servers: 'memcached://127.0.0.1:1' }, 't/');
    const failure = await unreachable.load('an id').then(
      () => expect.unreachable(),
      (error: StoreError) => error,
    );
    const { cause, message, stack } = failure;
    expect([message, stack]).toEqual([expect.not.stringContaining('127.0.0.1'), `StoreError: ${message}`]);
    expect(cause).toMatchObject({
      code: 'SESS_CONNECTION',
      node: '127.0.0.1:1',
      stack: '',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(inspect(failure).match(/ECONNREFUSED/g)).toHaveLength(1);
    await unreachable.close();
  });

  it('leaves open the client that it was given, and closes what it opened', async () => {
    await store.close();
    await expect(store.load('an id')).resolves.toBeUndefined();
    const owner = new ExternalStore({ servers: cluster.url }, 't/');
    await owner.ready();
    await owner.close();
    await owner.close();
    await expect(owner.load('an id')).rejects.toMatchObject({ code: 'SESS_CLOSED', statusCode: 503 });
  });
});
