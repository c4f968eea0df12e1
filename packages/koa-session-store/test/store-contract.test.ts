import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import type { CreateSessionOptions } from 'koa-session';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { SessStore, StoreError } from '../src/index.ts';

describe('what koa-session asks of a store', () => {
  let cluster: LocalCluster;
  let client: Client;
  let store: SessStore;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    client = createClient({ servers: cluster.url, timeoutMs: 5_000 });
    store = new SessStore({ client, ttlSeconds: 1_000 });
    await store.ready();
  });
  afterAll(async () => {
    await store.close();
    await client.close();
    await cluster.close();
  });

  /** The time to live that the client gets when a session with this `maxAge` is set. */
  const ttlOf = async (maxAge: number | 'session' | undefined): Promise<number | undefined> => {
    const writing = vi.spyOn(client, 'set');
    await store.set(store.newId(), { user: 'USER_123' }, maxAge, { ctx: {} });
    const [, , options] = writing.mock.calls[0] ?? [];
    writing.mockRestore();
    return options?.ttlSeconds;
  };

  it('is met: set, get, destroy, in one request and in the next', async () => {
    const key = store.newId();
    const ctx = {};
    expect(await store.get(key, 60_000, { ctx, rolling: false })).toBeUndefined();
    await store.set(key, { user: 'USER_123' }, 60_000, { ctx, rolling: false, changed: true });
    expect(await store.get(key, 60_000, { ctx: {}, rolling: false })).toEqual({ user: 'USER_123' });
    await store.destroy(key, { ctx });
    expect(await store.get(key, 60_000, { ctx: {}, rolling: false })).toBeUndefined();
  });

  it.each<[number | 'session' | undefined, number]>([
    [60_000, 60],
    [60_001, 61],
    ['session', 1_000],
    [undefined, 1_000],
  ])('lets a session with maxAge %s live for %d seconds', async (maxAge, seconds) => {
    // memcached may expire an item up to a second early, so the store adds one second.
    expect(await ttlOf(maxAge)).toBe(seconds + 1);
  });

  it('ends a session whose age is nothing', async () => {
    const key = store.newId();
    const ctx = {};
    await store.set(key, { user: 'USER_123' }, 60_000, { ctx });
    await store.set(key, { user: 'USER_123' }, 0, { ctx });
    expect(await store.get(key)).toBeUndefined();
  });

  it('asks nothing for the session that a login begins and gives another id before it is stored', async () => {
    const deleting = vi.spyOn(client, 'delete');
    await store.destroy(store.newId(), { ctx: {} });
    expect(deleting).not.toHaveBeenCalled();
    deleting.mockRestore();
  });

  it('does without ctx, as older middlewares leave it out: then the last writer wins, and what was destroyed stays dead', async () => {
    const key = store.newId();
    await store.set(key, { user: 'USER_123' }, 60_000);
    await store.set(key, { user: 'USER_456' }, 60_000, { rolling: true, changed: true });
    expect(await store.get(key, 60_000)).toEqual({ user: 'USER_456' });
    await store.destroy(key);
    await store.set(key, { user: 'late' }, 60_000);
    expect(await store.get(key)).toBeUndefined();
  });

  it('gives no session back that pollutes what it is merged into', async () => {
    const key = store.newId();
    const body = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"kept":1}';
    await store.set(key, { ...JSON.parse(body), body: JSON.parse(body) }, 60_000);
    const session = await store.get(key);
    for (const held of [session, session?.['body']]) {
      expect(Object.keys(held ?? {}).filter((each) => each !== 'body')).toEqual(['kept']);
      expect(Object.assign({}, held)).not.toHaveProperty('isAdmin');
    }
  });

  it('refuses options that are none', () => {
    expect(() => new SessStore({})).toThrow(StoreError);
  });

  it('has the type that koa-session takes', () => {
    expectTypeOf<SessStore>().toExtend<NonNullable<CreateSessionOptions['store']>>();
  });
});
