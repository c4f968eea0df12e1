import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryBacking } from '../src/stores/backed/memory-backing.ts';
import { createSessions } from '../src/create-sessions.ts';
import { memcachedStore } from '../src/stores/memcached-store.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import { application, loggedIn, Browser, outage, SECRET } from './visit.ts';

/** When the clock of an application in tests begins. */
const BEGINNING = Date.UTC(2026, 0, 1);

describe('sessions with a database behind the cache', () => {
  it('go on while the cache is out of reach: login, change, logout', async () => {
    const app = application({ backing: memoryBacking({ now: () => BEGINNING }) });
    const browser = new Browser(app);
    await browser.visit((session) => void (session.data.cart = ['sku-1']));
    for (const operation of ['load', 'save', 'touch', 'destroy'] as const) app.store.beforeEach(operation, outage);
    await browser.visit(async (session) => {
      await session.regenerate({ keep: true });
      session.data.user = 'USER_123';
    });
    await browser.visit((session) => void session.data.cart?.push('sku-2'));
    expect(await browser.visit(({ data, isNew }) => ({ ...data, isNew }))).toEqual({
      user: 'USER_123',
      cart: ['sku-1', 'sku-2'],
      isNew: false,
    });
    const stolen = browser.copy();
    await browser.visit((session) => session.destroy());
    for (const operation of ['load', 'save', 'touch', 'destroy'] as const) app.store.beforeEach(operation, undefined);
    expect(await stolen.visit((session) => session.isNew)).toBe(true);
  });

  it('are not logged out while both are', async () => {
    const backing = memoryBacking({ now: () => BEGINNING });
    const { app, browser } = await loggedIn({ backing });
    const load = vi.spyOn(backing, 'load').mockRejectedValue(new Error('out of reach'));
    app.store.beforeEach('load', outage);
    await expect(browser.visit((session) => session.data.user)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    app.store.beforeEach('load', undefined);
    load.mockRestore();
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
  });

  it('close what waits and the backing, and leave a store open that was given', async () => {
    const store = memoryStore();
    const backing = { ...memoryBacking(), close: vi.fn(async () => {}) };
    const sessions = createSessions({ store, secret: SECRET, secure: true, backing, writePolicy: 'behind' });
    const browser = new Browser({ sessions });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    expect(backing.sessions.size).toBe(0);
    await sessions.close();
    await sessions.close();
    expect([backing.sessions.size, backing.close.mock.calls.length]).toEqual([1, 1]);
    expect(await store.load('s/any')).toBeUndefined();
  });

  it('keep nothing in the database for a visitor without data, and no id', async () => {
    const backing = memoryBacking({ now: () => BEGINNING });
    const browser = new Browser(application({ backing }));
    await browser.visit(() => {});
    expect(backing.sessions.size).toBe(0);
    const id = await browser.visit((session) => {
      session.data.user = 'USER_123';
      return session.id;
    });
    const [[key, row] = ['', undefined]] = [...backing.sessions];
    expect(key).toMatch(/^s\/[\w-]{43}$/);
    expect(`${key} ${Buffer.from(row?.value ?? []).toString('latin1')}`).not.toContain(id);
  });

  it('come back from the database when every node of a real cluster lost them', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    onTestFinished(() => cluster.close());
    const client = createClient(`memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
    onTestFinished(() => client.close());
    await client.ready();
    const sessions = createSessions({ client, secret: SECRET, secure: true, backing: memoryBacking() });
    onTestFinished(() => sessions.close());
    const browser = new Browser({ sessions });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    const [node] = cluster.nodes;
    expect(memcachedStore(client).places?.('s/any', 'any')).toHaveLength(1);
    for (const { id } of cluster.nodes) await cluster.crashNode(id);
    expect(await browser.visit((session) => session.data.user)).toBe('USER_123');
    await browser.visit((session) => void (session.data.cart = ['sku-1']));
    for (const { id } of cluster.nodes) await cluster.restartNode(id);
    expect(node).toBeDefined();
    expect(await browser.visit(({ data }) => ({ ...data }))).toEqual({ user: 'USER_123', cart: ['sku-1'] });
  });
});
