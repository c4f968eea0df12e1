import { startLocalCluster } from '@sess/local-cluster';
import { createStorage, type Storage } from 'unstorage';
import { expect, inject, it } from 'vitest';
import sess from '../src/index.ts';

const KEYS = Array.from({ length: 60 }, (_, index) => `item:${index}`);
const [runtime = 'embedded'] = inject('mainRuntimes');

async function found(storage: Storage): Promise<string[]> {
  const items = await storage.getItems(KEYS);
  return items.filter(({ value }) => value !== null).map(({ key }) => key);
}

it('keeps items, and keeps them removed, while nodes join, leave and crash', { timeout: 120_000 }, async () => {
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  const client = { timeoutMs: 5_000, copies: 2 };
  const storages = ['one process', 'another'].map(() =>
    createStorage({ driver: sess({ servers: cluster.url, client: { ...client } }) }),
  );
  const [storage, other] = storages as [Storage, Storage];
  try {
    await storage.setItems(KEYS.map((key) => ({ key, value: key })));
    const removed = KEYS.filter((_, index) => index % 3 === 0);
    const kept = KEYS.filter((key) => !removed.includes(key));
    await Promise.all(removed.slice(0, 10).map((key) => storage.removeItem(key)));
    await cluster.addNode();
    await Promise.all(removed.slice(10).map((key) => other.removeItem(key)));
    expect(await found(other)).toEqual(kept);
    await Promise.all(kept.slice(0, 10).map((key) => other.setItem(key, 'changed')));
    const [crashed] = cluster.nodes;
    await cluster.crashNode(crashed?.id ?? '');
    await expect.poll(() => found(storage).catch(String)).toEqual(kept);
    await expect.poll(() => found(other).catch(String)).toEqual(kept);
    expect(await storage.getItem(kept[0] ?? '')).toBe('changed');
    // A removed item can be set again, even if its mark was migrated to another node.
    await storage.setItem(removed[0] ?? '', 'again');
    expect(await other.getItem(removed[0] ?? '')).toBe('again');
  } finally {
    await Promise.all(storages.map((each) => each.dispose()));
    await cluster.close();
  }
});
