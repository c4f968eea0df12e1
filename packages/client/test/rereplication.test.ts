import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { RereplicationMessage } from '../src/diagnostics.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { heard } from './heard.ts';
import { crash, partyOfEachTest, restart } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 500 }, (_, number) => `session-${number}`);

const party = partyOfEachTest();

async function crashAndRestart(cluster: LocalCluster, id: string, clients: number): Promise<void> {
  await crash(cluster, id, clients);
  await restart(cluster, id, clients);
}

describe.each(runtimes)('a node that returns empty, with two copies (%s)', (runtime) => {
  it('holds again all that it should, without anybody asking for it, by the work of one client', async () => {
    const [cluster, nodes] = await party.startNodes(runtime, 3);
    const [{ client }, { client: other }] = [await party.join(nodes), await party.join(nodes)];
    await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
    const deleted = KEYS.slice(0, 20);
    for (const key of deleted) await client.delete(key, { ttlSeconds });
    const [id = ''] = nodes;

    const told: RereplicationMessage[] = [];
    const done = heard('sess:client:rereplication', (message) => {
      // Where it stays away for longer than an agreement, it is made up for meanwhile.
      if (message.reason === 'returned') told.push(message);
      return message.reason === 'returned' && message.phase === 'done';
    });
    await crashAndRestart(cluster, id, 2);
    await done;
    expect(told.map(({ phase }) => phase)).toEqual(['begun', 'done']);
    const own = KEYS.filter((key) => client.explain(key).owners.includes(id));
    expect(told.at(-1)).toMatchObject({ node: id, reason: 'returned', carried: own.length });

    const node = party.directly(cluster, id);
    expect(own.length).toBeGreaterThan(200);
    for (const key of own) {
      const item = await node.get(key);
      expect(item?.ttlSeconds).toBeGreaterThan(ttlSeconds - 120);
      if (!deleted.includes(key)) expect(item?.value.subarray(16).toString()).toBe(`value of ${key}`);
    }
    // So that losing the other copies loses nothing.
    await Promise.all(nodes.slice(1, 2).map((crashing) => crashAndRestart(cluster, crashing, 2)));
    for (const key of KEYS) {
      expect((await other.get(key))?.value.toString()).toBe(deleted.includes(key) ? undefined : `value of ${key}`);
    }
  });
});

describe('a rereplication', () => {
  it('is given up where keys can not be listed; what is asked for is put back then', async () => {
    const [cluster, nodes] = await party.startNodes('embedded', 3);
    const transport = {
      name: 'mute',
      open: (...given: Parameters<ReturnType<typeof textTransport>['open']>): NodeTransport =>
        Object.defineProperty(textTransport().open(...given), 'keys', { value: undefined }),
    };
    const { client } = await party.join(nodes, { transport });
    await Promise.all(KEYS.map((key) => client.set(key, key, { ttlSeconds, expect: 'absent' })));
    const [id = ''] = nodes;
    const over = heard('sess:client:rereplication', ({ reason, phase }) => reason === 'returned' && phase !== 'begun');
    await crashAndRestart(cluster, id, 1);
    await expect(over).resolves.toMatchObject({ node: id, phase: 'given-up', error: { code: 'SESS_SERVER' } });
    const key = KEYS.find((candidate) => client.explain(candidate).owners[0] === id) ?? '';
    await expect(client.get(key)).resolves.toBeDefined();
    await expect(party.directly(cluster, id).get(key)).resolves.toBeDefined();
  });

  it('ends with its client', async () => {
    const [cluster, nodes] = await party.startNodes('embedded', 3);
    const { client } = await party.join(nodes);
    await Promise.all(KEYS.map((key) => client.set(key, key, { ttlSeconds, expect: 'absent' })));
    const begun = heard('sess:client:rereplication', ({ reason, phase }) => reason === 'returned' && phase === 'begun');
    await crashAndRestart(cluster, nodes[0] ?? '', 1);
    await begun;
    await client.close();
    await client.close();
    await expect(client.get('key')).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });
});
