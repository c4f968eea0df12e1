import type { Discovery, Topology, TopologyListener } from '@sess/discovery';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemjsCluster } from '../src/memjs-cluster.ts';
import { MemjsStore } from '../src/memjs-store.ts';

/** A discovery that reports what the test says, when it says so. */
class ToldDiscovery implements Discovery {
  readonly #listeners = new Set<TopologyListener>();
  #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  watch(listener: TopologyListener): ReturnType<Discovery['watch']> {
    this.#listeners.add(listener);
    listener.topology(this.#topology);
    return { ready: async () => this.#topology, refresh: async () => undefined, close: () => void this.#listeners.delete(listener) };
  }

  tell(topology: Topology): void {
    this.#topology = topology;
    for (const listener of this.#listeners) listener.topology(topology);
  }
}

describe('sessions over memjs', () => {
  let cluster: LocalCluster;
  let discovery: ToldDiscovery;
  let store: MemjsStore;
  let nodes: MemjsCluster;

  beforeEach(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    discovery = new ToldDiscovery({ nodes: cluster.nodes });
    nodes = new MemjsCluster(discovery);
    store = new MemjsStore(nodes);
    await nodes.ready();
  });
  afterEach(async () => {
    await store.close();
    await cluster.close();
  });

  const save = (key: string, text: string): ReturnType<MemjsStore['save']> =>
    store.save(key, Buffer.from(text), { ttlSeconds: 60, expect: 'absent' });

  it('finds what was saved, and nothing where nothing was', async () => {
    await save('key', 'first');
    expect(Buffer.from((await store.load('key'))?.value ?? []).toString()).toBe('first');
    expect(await store.load('other')).toBeUndefined();
  });

  it('refuses to make a session where there is one, and replaces one that was loaded', async () => {
    const first = await save('key', 'first');
    await expect(save('key', 'second')).rejects.toMatchObject({ code: 'SESS_CONFLICT' });
    await store.save('key', Buffer.from('third'), { ttlSeconds: 60, expect: first });
    expect(Buffer.from((await store.load('key'))?.value ?? []).toString()).toBe('third');
  });

  it('says whether there was a session to touch or to destroy', async () => {
    await save('key', 'first');
    expect([await store.touch('key', 60), await store.destroy('key')]).toEqual([true, true]);
    expect([await store.touch('key', 60), await store.destroy('key')]).toEqual([false, false]);
  });

  it('routes by the new list as soon as there is one, and closes the old client when nothing is under way', async () => {
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
    const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);
    await Promise.all(keys.map((key) => save(key, 'x')));
    const onTheWay = store.load('key-0');
    discovery.tell({ nodes: [first] });
    expect(nodes.nodes).toEqual([first.id]);
    expect(await onTheWay).toBeDefined();
    const found = await Promise.all(keys.map((key) => store.load(key)));
    const hits = found.filter((session) => session !== undefined).length;
    expect(hits).toBeGreaterThan(0);
    expect(hits).toBeLessThan(keys.length);
  });

  it('says that a session is out of reach, not that there is none, while its node is down', async () => {
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
    await cluster.crashNode(first.id);
    await cluster.crashNode(second.id);
    await expect(store.load('key')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
  });
});
