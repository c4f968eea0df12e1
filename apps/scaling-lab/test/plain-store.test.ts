import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientPerList } from '../src/apps/backends/client-per-list.ts';
import { memcacheClient, openMemcache } from '../src/apps/backends/memcache-backend.ts';
import { MEMCACHED, memcachedClient } from '../src/apps/backends/memcached-backend.ts';
import { MEMJS, memjsClient } from '../src/apps/backends/memjs-backend.ts';
import { PlainStore } from '../src/apps/backends/plain-store.ts';
import { ToldDiscovery } from './told-discovery.ts';

interface Opened {
  readonly store: PlainStore;
  readonly ready: () => Promise<void>;
}

const LIBRARIES: Readonly<Record<string, (discovery: ToldDiscovery, cluster: LocalCluster) => Opened>> = {
  memjs: (discovery) => {
    const clients = new ClientPerList(MEMJS, discovery);
    return { store: new PlainStore('memjs', memjsClient(clients)), ready: () => clients.ready() };
  },
  memcached: (discovery) => {
    const clients = new ClientPerList(MEMCACHED, discovery);
    return { store: new PlainStore('memcached', memcachedClient(clients)), ready: () => clients.ready() };
  },
  memcache: (_discovery, cluster) => {
    const client = openMemcache({ kind: 'list', nodes: cluster.nodes.map(({ id }) => id) }, 250);
    return { store: new PlainStore('memcache', memcacheClient(client)), ready: () => client.connect() };
  },
};

let cluster: LocalCluster;
let discovery: ToldDiscovery;

beforeEach(async () => {
  cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  discovery = new ToldDiscovery({ nodes: cluster.nodes });
});
afterEach(() => cluster.close());

describe.each(Object.keys(LIBRARIES))('sessions over %s', (library) => {
  let store: PlainStore;

  beforeEach(async () => {
    const opened = LIBRARIES[library]?.(discovery, cluster);
    if (opened === undefined) throw new Error(`there is no ${library}`);
    store = opened.store;
    await opened.ready();
  });
  afterEach(() => store.close());

  const save = (key: string, bytes: Uint8Array): ReturnType<PlainStore['save']> =>
    store.save(key, bytes, { ttlSeconds: 60, expect: 'absent' });

  it('finds what was saved, byte for byte, and nothing where nothing was', async () => {
    const bytes = Buffer.from([0, 13, 10, 128, 255, 34]);
    await save('key', bytes);
    expect(Buffer.from((await store.load('key'))?.value ?? [])).toEqual(bytes);
    expect(await store.load('other')).toBeUndefined();
  });

  it('refuses to make a session where there is one, and replaces one that was loaded', async () => {
    const first = await save('key', Buffer.from('first'));
    await expect(save('key', Buffer.from('second'))).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    await store.save('key', Buffer.from('third'), { ttlSeconds: 60, expect: first });
    expect(Buffer.from((await store.load('key'))?.value ?? []).toString()).toBe('third');
  });

  it('says whether there was a session to touch or to destroy', async () => {
    await save('key', Buffer.from('first'));
    expect([await store.touch('key', 60), await store.destroy('key')]).toEqual([true, true]);
    expect([await store.touch('key', 60), await store.destroy('key')]).toEqual([false, false]);
  });

  it('says that a session is out of reach, not that there is none, while its node refuses connections', async () => {
    for (const { id } of cluster.nodes) await cluster.crashNode(id);
    // A connection that just broke may be answered as a miss; the next one is refused.
    await store.load('key').catch(() => undefined);
    await expect(store.load('key')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });
});

describe('a client per list', () => {
  it('routes by the new list as soon as there is one, and closes the old client when nothing is under way', async () => {
    const closed: string[] = [];
    const clients = new ClientPerList(
      {
        library: 'none',
        open: (servers) => servers.join(),
        close: (client) => void closed.push(client),
        giveUpMs: 1_000,
      },
      new ToldDiscovery({ nodes: [] }),
    );
    await clients.ready();
    clients.close();
    expect(closed).toEqual(['']);

    const told = new ToldDiscovery({ nodes: cluster.nodes });
    const following = new ClientPerList(
      {
        library: 'none',
        open: (servers) => servers.join(),
        close: (client) => void closed.push(client),
        giveUpMs: 1_000,
      },
      told,
    );
    let answer: (() => void) | undefined;
    const onTheWay = following.request((client) => new Promise<string>((resolve) => (answer = () => resolve(client))));
    const [first] = cluster.nodes;
    told.tell({ nodes: first === undefined ? [] : [first] });
    expect(following.nodes).toEqual([first?.id]);
    expect(closed).toEqual(['']);
    answer?.();
    expect(await onTheWay).toBe(cluster.nodes.map(({ id }) => id).join());
    expect(closed).toHaveLength(2);
    following.close();
  });

  it('gives up on a request that the library never settles', async () => {
    const clients = new ClientPerList(
      { library: 'none', open: () => 'client', close: () => undefined, giveUpMs: 1 },
      discovery,
    );
    await expect(clients.request(() => new Promise(() => undefined))).rejects.toThrow(
      'none did not settle the request within 1 ms',
    );
    clients.close();
  });
});
