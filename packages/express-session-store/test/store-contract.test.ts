import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessStore, type SessStoreOptions } from '../src/index.ts';

const cookieFor = (seconds: number): { originalMaxAge: number; expires: Date } => ({
  originalMaxAge: seconds * 1000,
  expires: new Date(Date.now() + seconds * 1000),
});

describe('what express-session asks of a store', () => {
  let cluster: LocalCluster;
  let client: Client;
  let store: SessStore;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    client = createClient({ servers: cluster.url, timeoutMs: 500, probeIntervalMs: 20, maxProbePauseMs: 20 });
    store = new SessStore({ client, ttlSeconds: 1_000 });
    await store.ready();
  });
  afterAll(async () => {
    await store.close();
    await client.close();
    await cluster.close();
  });

  interface Stored {
    cookie: { expires: string };
  }
  const get = (id: string): Promise<Stored | null> =>
    new Promise((resolve, reject) => {
      store.get<Stored>(id, (error, session) => (error ? reject(error as Error) : resolve(session ?? null)));
    });
  const set = (id: string, session: { cookie: object }): Promise<void> =>
    promisify<string, never, void>(store.set.bind(store))(id, session as never);
  const touch = (id: string, session: { cookie: object }): Promise<void> =>
    promisify<string, never, void>(store.touch.bind(store))(id, session as never);
  const destroy = (id: string): Promise<void> => promisify<string>(store.destroy.bind(store))(id);

  it('is met: set, get, destroy', async () => {
    const id = store.newId();
    expect(await get(id)).toBeNull();
    await set(id, { cookie: cookieFor(60), user: 'USER_123' } as never);
    expect(await get(id)).toMatchObject({ user: 'USER_123', cookie: { originalMaxAge: 60_000 } });
    await destroy(id);
    expect(await get(id)).toBeNull();
  });

  it('calls back once, and never before it returned', async () => {
    const returned = { yet: false };
    const callback = vi.fn(() => expect(returned.yet).toBe(true));
    store.get(store.newId(), callback);
    store.set('', { cookie: {} }, callback);
    store.set(store.newId(), null as never, callback);
    store.destroy(store.newId(), callback);
    returned.yet = true;
    await vi.waitFor(() => expect(callback).toHaveBeenCalledTimes(4));
    expect(callback.mock.calls.filter(([error]: unknown[]) => error)).toHaveLength(2);
  });

  it('does without callbacks', async () => {
    const id = store.newId();
    store.set(id, { cookie: cookieFor(60) });
    await vi.waitFor(async () => expect(await get(id)).not.toBeNull());
    store.touch(id, { cookie: cookieFor(60) });
    store.destroy(id);
    await vi.waitFor(async () => expect(await get(id)).toBeNull());
  });

  it('tells a failure that nobody is called back with to those who listen for errors, and otherwise ends no process', async () => {
    store.set('', { cookie: {} });
    await expect(set('', { cookie: {} })).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
    const errors: unknown[] = [];
    store.on('error', (error) => errors.push(error));
    store.set('', { cookie: {} });
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'SESS_BAD_DATA' }]));
    store.removeAllListeners('error');
  });

  it('touches without writing, and tells the expiry as it then is', async () => {
    const id = store.newId();
    await set(id, { cookie: cookieFor(60) });
    const writing = vi.spyOn(client, 'set');
    await touch(id, { cookie: cookieFor(600) });
    expect(writing).not.toHaveBeenCalled();
    writing.mockRestore();
    const session = await get(id);
    expect(Date.parse(session?.cookie.expires ?? '') - Date.now()).toBeGreaterThan(590_000);
    // Not later than the expiry of the browser's cookie.
    expect(Date.parse(session?.cookie.expires ?? '') - Date.now()).toBeLessThanOrEqual(600_000);
  });

  it.each(['set', 'touch'] as const)('ends a session whose cookie is over, with %s', async (operation) => {
    const id = store.newId();
    await set(id, { cookie: cookieFor(60) });
    await { set, touch }[operation](id, { cookie: cookieFor(-1) });
    expect(await get(id)).toBeNull();
  });

  it('keeps a session whose cookie ends with the browser for ttlSeconds', async () => {
    const writing = vi.spyOn(client, 'set');
    await set(store.newId(), { cookie: { expires: null, originalMaxAge: null } });
    const [, , options] = writing.mock.calls[0] ?? [];
    writing.mockRestore();
    // memcached may expire an item up to a second early, so the store adds one second.
    expect(options?.ttlSeconds).toBe(1_001);
  });

  it('takes what is stored without a cookie for no session', async () => {
    const id = store.newId();
    await set(id, { user: 'USER_123' } as never);
    expect(await get(id)).toBeNull();
  });

  it('gives no session back that pollutes what it is merged into', async () => {
    const id = store.newId();
    const body = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"kept":1}';
    await set(id, { cookie: cookieFor(60), ...JSON.parse(body), body: JSON.parse(body) } as never);
    const session = (await get(id)) as unknown as { body: object };
    for (const held of [session, session.body]) {
      expect(Object.keys(held).filter((key) => !['cookie', 'body'].includes(key))).toEqual(['kept']);
      expect(Object.assign({}, held)).not.toHaveProperty('isAdmin');
    }
  });

  it('lists nothing: memcached can not', () => {
    for (const name of ['all', 'length', 'clear']) expect(store).not.toHaveProperty(name);
  });

  it.each([
    ['no cluster', {}],
    ['a wrong policy', { servers: 'memcached://127.0.0.1', onOutage: 'ignore' }],
    ['a policy that is no text', { servers: 'memcached://127.0.0.1', onOutage: 5n }],
    ['nothing', undefined],
    [
      'a policy that throws',
      {
        servers: 'memcached://127.0.0.1',
        get onOutage() {
          throw new Error('a getter failed');
        },
      },
    ],
  ])('refuses options that are %s', (_, options) => {
    expect(() => new SessStore(options as SessStoreOptions)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
    );
  });

  it('says that a URL is no object of options', () => {
    expect(() => new SessStore('memcached://127.0.0.1:1' as SessStoreOptions)).toThrow(
      /"options" is a text of 23 characters; expected an object .*\{ servers \}/,
    );
  });

  it('checks the policy before it opens a client, which nobody would close', () => {
    const wrong = { servers: 'nowhere', onOutage: 'ignore' } as unknown as SessStoreOptions;
    expect(() => new SessStore(wrong)).toThrow('option "onOutage" is "ignore"; expected "error" or "no-session"');
  });

  it('says "disconnect" and "connect" only where asked to', async () => {
    const telling = new SessStore({ client, onOutage: 'no-session' });
    const events: string[] = [];
    telling.on('disconnect', () => events.push('disconnect')).on('connect', () => events.push('connect'));
    telling.on('disconnect', () => {
      throw new Error('a listener failed');
    });
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const silent = vi.fn();
    store.on('disconnect', silent).on('connect', silent);
    const [node = { id: '' }] = cluster.nodes;
    await cluster.crashNode(node.id);
    await vi.waitFor(() => expect(events).toEqual(['disconnect']), { timeout: 10_000 });
    await expect(get('an id')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', statusCode: 503, retryable: true });
    await cluster.restartNode(node.id);
    await vi.waitFor(() => expect(events).toEqual(['disconnect', 'connect']), { timeout: 10_000 });
    expect(silent).not.toHaveBeenCalled();
    // A listener that throws must not end the process.
    expect(warn.mock.calls).toContainEqual([
      expect.stringMatching(/"disconnect" failed: a listener failed/),
      { type: 'SessWarning', code: 'SESS_LISTENER_FAILED' },
    ]);
    warn.mockRestore();
    await telling.close();
  });
});
