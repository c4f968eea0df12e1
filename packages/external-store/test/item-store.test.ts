import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { storageKey } from '@sess/session';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { StoreError } from '../src/errors.ts';
import { ItemStore } from '../src/item-store.ts';

const SETTINGS = [
  ['one copy', { copies: 1 }],
  ['two copies', { copies: 2 }],
] as const;

describe.each(inject('mainRuntimes'))('items of another library (%s)', (runtime) => {
  describe.each(SETTINGS)('with %s', (_name, { copies }) => {
    let cluster: LocalCluster;
    let client: Client;
    let items: ItemStore;
    let count = 0;
    const newKey = (): string => `key ${(count += 1)}`;
    beforeAll(async () => {
      cluster = await startLocalCluster({ nodes: 2, runtime });
      client = createClient({ servers: cluster.url, copies, timeoutMs: 5_000 });
      items = new ItemStore({ client }, { keyPrefix: 'i/' });
      await items.ready();
    });
    afterAll(async () => {
      await client.close();
      await cluster.close();
    });
    const textOf = async (key: string): Promise<string | undefined> => (await items.get(key))?.text;

    it('are kept, replaced and removed', async () => {
      const key = newKey();
      expect(await textOf(key)).toBeUndefined();
      await items.set(key, 'one', { ttlSeconds: 60 });
      await items.set(key, 'zwei 2️⃣', { ttlSeconds: 60 });
      expect(await textOf(key)).toBe('zwei 2️⃣');
      expect(await items.remove(key)).toBe(true);
      expect(await textOf(key)).toBeUndefined();
      expect(await items.remove(key)).toBe(false);
    });

    it('can be set again after their removal, at once', async () => {
      const key = newKey();
      for (const text of ['one', 'two', '']) {
        await items.set(key, text);
        expect(await textOf(key)).toBe(text);
        await items.remove(key);
        expect(await textOf(key)).toBeUndefined();
      }
    });

    it('that are unique stay removed, whatever is set late', async () => {
      const key = newKey();
      expect(await items.set(key, 'session', { unique: true })).toBe(true);
      expect(await items.set(key, 'session, changed', { unique: true })).toBe(true);
      expect(await items.remove(key)).toBe(true);
      expect(await items.set(key, 'late', { unique: true })).toBe(false);
      expect(await textOf(key)).toBeUndefined();
      await expect(items.set(key, 'another kind')).rejects.toMatchObject({ code: 'SESS_CONFLICT', statusCode: 409 });
      await expect(items.increment(key, 60)).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
      expect(await items.take(key)).toBeUndefined();
    });

    it('that are unique and were never there stay removed, too', async () => {
      const key = newKey();
      expect(await items.remove(key)).toBe(false);
      expect(await items.set(key, 'late', { unique: true })).toBe(false);
    });

    it('are taken by one of many', async () => {
      const key = newKey();
      await items.set(key, 'a code');
      const taken = await Promise.all(Array.from({ length: 8 }, () => items.take(key)));
      expect(taken.filter((text) => text !== undefined)).toEqual(['a code']);
    });

    it('are counted without a gap by several processes', async () => {
      const key = newKey();
      const others = Array.from({ length: 3 }, () => new ItemStore({ client }, { keyPrefix: 'i/' }));
      const counts = await Promise.all(
        [items, ...others].flatMap((store) => Array.from({ length: 25 }, () => store.increment(key, 60))),
      );
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_item, index) => index + 1));
      expect(await textOf(key)).toBe('100');
    });

    it('count anew when the window of the first increment is over, whatever came meanwhile', async () => {
      const key = newKey();
      const began = Date.now();
      expect(await items.increment(key, 2)).toBe(1);
      const counts: number[] = [];
      await vi.waitUntil(
        async () => {
          counts.push(await items.increment(key, 2));
          return counts.at(-1) === 1;
        },
        { timeout: 20_000, interval: 20 },
      );
      expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
      expect(counts.length).toBeGreaterThan(1);
    });

    it('that hold something else than a number are not counted', async () => {
      const key = newKey();
      await items.set(key, 'seven');
      await expect(items.increment(key, 60)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
      await items.set(key, '7');
      expect(await items.increment(key, 60)).toBe(8);
    });

    it('end with their time, and tell how much is left', async () => {
      const key = newKey();
      await items.set(key, 'short', { ttlSeconds: 1 });
      await items.set('long', 'long', { ttlSeconds: 60.5 });
      expect((await items.get('long'))?.ttlSeconds).toBeGreaterThan(55);
      expect((await items.get('long'))?.ttlSeconds).toBeLessThanOrEqual(61);
      await vi.waitFor(async () => expect(await textOf(key)).toBeUndefined(), { timeout: 20_000 });
    });

    it('with no time left are removed', async () => {
      const key = newKey();
      await items.set(key, 'text');
      await items.set(key, 'text', { ttlSeconds: 0 });
      expect(await textOf(key)).toBeUndefined();
    });

    it('of bytes that another program wrote are none, and are replaced', async () => {
      const key = newKey();
      await client.set(storageKey('i/', key), 'something', { ttlSeconds: 60 });
      expect(await textOf(key)).toBeUndefined();
      await items.set(key, 'ours');
      expect(await textOf(key)).toBe('ours');
    });

    it.each([Number.NaN, '60', {}])('are refused with a time to live of %j', async (ttlSeconds) => {
      await expect(items.set('key', 'text', { ttlSeconds: ttlSeconds as number })).rejects.toMatchObject({
        code: 'SESS_BAD_DATA',
      });
    });

    it.each(['', undefined, 7])('are refused with %j as a key', async (key) => {
      await expect(items.get(key as string)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
      await expect(items.increment(key as string, 60)).rejects.toMatchObject({ code: 'SESS_BAD_DATA' });
    });
  });
});

it('can be set, counted and removed while one of two copies is down, where nothing else is known of them', async () => {
  const [runtime = 'embedded'] = inject('mainRuntimes');
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  const items = new ItemStore({ servers: cluster.url, client: { timeoutMs: 5_000, copies: 2 } }, { keyPrefix: 'i/' });
  const keys = Array.from({ length: 24 }, (_, index) => `key ${index}`);
  const each = (work: (key: string) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(keys.map((key) => work(key).catch((error: unknown) => StoreError.is(error) && error.code)));
  const all = (value: unknown): unknown[] => keys.map(() => value);
  try {
    await items.ready();
    await each((key) => items.set(`removed ${key}`, 'text', { unique: true }));
    await each((key) => items.remove(`removed ${key}`));
    expect(await each((key) => items.get(`none ${key}`, { expectsNone: true }))).toEqual(all(undefined));
    await cluster.crashNode(cluster.nodes[0]?.id ?? '');
    await expect.poll(() => each((key) => items.get(`none ${key}`))).toEqual(all(undefined));
    expect(await each((key) => items.get(`unknown ${key}`))).toContain('SESS_UNAVAILABLE');
    expect(await each((key) => items.take(`unknown ${key}`))).toContain('SESS_UNAVAILABLE');
    expect(await each((key) => items.set(`set ${key}`, 'text'))).toEqual(all(true));
    expect(await each(async (key) => (await items.get(`set ${key}`))?.text)).toEqual(all('text'));
    expect(await each((key) => items.increment(`count ${key}`, 60))).toEqual(all(1));
    expect(await each((key) => items.increment(`count ${key}`, 60))).toEqual(all(2));
    expect(await each((key) => items.remove(`other ${key}`))).toEqual(all(false));
    // The remaining node also refuses an item that was removed for good.
    expect(await each((key) => items.set(`removed ${key}`, 'late', { unique: true }))).toEqual(all(false));
  } finally {
    await items.close();
    await cluster.close();
  }
});
