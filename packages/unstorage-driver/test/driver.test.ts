import { inspect } from 'node:util';
import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { createStorage, prefixStorage } from 'unstorage';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import sess, { StoreError, type SessDriver, type SessDriverOptions } from '../src/index.ts';
import { testDriver } from './driver-suite.ts';

describe.each(inject('mainRuntimes'))('a driver of unstorage (%s)', (runtime) => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 3, runtime });
  });
  afterAll(() => cluster.close());
  const withDriver = async (
    work: (driver: SessDriver) => Promise<void>,
    options: SessDriverOptions = {},
  ): Promise<void> => {
    const driver = sess({ servers: cluster.url, client: { timeoutMs: 5_000, copies: 2 }, ...options });
    try {
      await driver.ready();
      await work(driver);
    } finally {
      await driver.dispose();
    }
  };

  describe.each([1, 2])('with copies: %d', (copies) => {
    testDriver(() =>
      sess({
        servers: cluster.url,
        client: { timeoutMs: 5_000, copies },
        base: `copies-${copies}`,
        onListing: 'empty',
      }),
    );
  });

  it('says that it can list and clear nothing, rather than that there is nothing', () =>
    withDriver(async (driver) => {
      const storage = createStorage({ driver });
      await storage.setItem('list:a', 'data');
      const refusal = { code: 'SESS_STORE', message: expect.stringContaining("can't list or clear") };
      await expect(storage.getKeys()).rejects.toMatchObject(refusal);
      await expect(storage.clear()).rejects.toMatchObject(refusal);
      expect(await storage.getItem('list:a')).toBe('data');
    }));

  it('is empty to who lists it, where that is wanted', () =>
    withDriver(
      async (driver) => {
        const storage = createStorage({ driver });
        await storage.setItem('list:a', 'data');
        await storage.clear();
        expect([await storage.getKeys(), await storage.getItem('list:a')]).toEqual([[], 'data']);
      },
      { onListing: 'empty' },
    ));

  it('ends an item by its own time, by the default of the driver otherwise, and tells how much is left', () =>
    withDriver(
      async (driver) => {
        const storage = createStorage({ driver });
        await storage.setItem('ttl:short', 'data', { ttl: 1 });
        await storage.setItem('ttl:usual', 'data');
        await storage.setItem('ttl:zero', 'data', { ttl: 0 });
        for (const key of ['ttl:usual', 'ttl:zero']) {
          const { ttl } = await storage.getMeta(key);
          expect(ttl).toBeGreaterThan(900);
          expect(ttl).toBeLessThanOrEqual(1_000);
        }
        await vi.waitFor(async () => expect(await storage.getItem('ttl:short')).toBeNull(), { timeout: 20_000 });
        expect(await storage.getItem('ttl:usual')).toBe('data');
      },
      { ttlSeconds: 1_000 },
    ));

  it('shares a cluster with others: by base, by mount, by keyPrefix', () =>
    withDriver(async (first) =>
      withDriver(
        async (second) =>
          withDriver(
            async (third) => {
              const storages = [first, second, third].map((driver) => createStorage({ driver }));
              for (const [index, storage] of storages.entries()) await storage.setItem('shared:key', index);
              expect(await Promise.all(storages.map((storage) => storage.getItem('shared:key')))).toEqual([0, 1, 2]);
              const mounted = createStorage();
              mounted.mount('mine', second);
              expect(await prefixStorage(mounted, 'mine').getItem('shared:key')).toBe(1);
            },
            { keyPrefix: 'other/' },
          ),
        { base: 'second' },
      ),
    ));

  it('rejects, and does not say that there is nothing, while nodes are out of reach; unless it is a cache', () =>
    withDriver(async (strict) =>
      withDriver(
        async (cache) => {
          const [storage, cached] = [strict, cache].map((driver) => createStorage({ driver }));
          await storage?.setItem('outage:a', 'data');
          for (const { id } of cluster.nodes) await cluster.pauseNode(id);
          try {
            await expect(storage?.getItem('outage:a')).rejects.toMatchObject({
              code: 'SESS_UNAVAILABLE',
              statusCode: 503,
            });
            expect([await cached?.getItem('outage:a'), await cached?.hasItem('outage:a')]).toEqual([null, false]);
            await expect(cached?.setItem('outage:a', 'data')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
          } finally {
            for (const { id } of cluster.nodes) await cluster.resumeNode(id);
          }
          await expect.poll(() => storage?.getItem('outage:a').catch(String)).toBe('data');
        },
        { onUnavailable: 'miss' },
      ),
    ));

  it('uses a client that is shared, and leaves it open', async () => {
    const client = createClient({ servers: cluster.url, timeoutMs: 5_000 });
    const storage = createStorage({ driver: sess({ client }) });
    await storage.setItem('shared-client', 'data');
    await storage.dispose();
    expect(await createStorage({ driver: sess({ client }) }).getItem('shared-client')).toBe('data');
    await client.close();
  });
});

/** The error with which the driver refuses these options; `undefined` if it accepts them. */
function refused(options: unknown): unknown {
  try {
    void sess(options as SessDriverOptions).dispose();
    return undefined;
  } catch (error) {
    return StoreError.is(error) ? [error.code, error.message] : error;
  }
}

describe('the options of the driver', () => {
  it.each([
    [{}, /"servers".*came/],
    [{ servers: undefined }, /"servers".*came/],
    ['memcached://127.0.0.1:1', /"options" is a text of 23 characters; expected an object .*\{ servers \}/],
    [{ servers: 'memcached://127.0.0.1:1', ttl: 60 }, /unknown option "ttl"/],
    [{ servers: 'memcached://127.0.0.1:1', copies: 2 }, /client: \{ copies/],
    [{ servers: 'memcached://127.0.0.1:1', onListing: 'silent' }, /"onListing" is "silent"/],
    [
      { servers: 'memcached://127.0.0.1:1', onUnavailable: 'null' },
      /"onUnavailable" is "null"; expected "error" or "miss"/,
    ],
    [{ servers: 'memcached://127.0.0.1:1', base: 7 }, /"base" is number/],
  ])('%j are refused in words', (options, message) => {
    expect(refused(options)).toEqual(['SESS_BAD_OPTION', expect.stringMatching(message)]);
  });

  it.each(['base', 'onListing', 'servers'])('are refused if %s throws', (name) => {
    const options = Object.defineProperty({}, name, {
      enumerable: true,
      get() {
        throw new Error('a getter failed');
      },
    });
    expect(refused(options)).toEqual(['SESS_BAD_OPTION', expect.stringContaining('threw an error (see the cause)')]);
  });

  it('hold no password where the driver shows them: applications log their storage', async () => {
    const driver = sess({ servers: 'memcached://user:pa55W0RD@127.0.0.1:1', base: 'shop' });
    expect(driver.options).toEqual({ base: 'shop', onListing: 'error', onUnavailable: 'error' });
    expect(inspect(driver, { depth: 12, showHidden: true, getters: true })).not.toContain('pa55W0RD');
    await driver.dispose();
  });

  it('may have the name of the driver among them, as Nitro gives it', () => {
    expect(refused({ driver: '@sess/unstorage-driver', servers: 'memcached://127.0.0.1:1' })).toBeUndefined();
  });
});
