/** A client for tools: it looks, and leaves no trace. */
import { describe, expect, inject, it } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import { describeItem } from '../src/item-description.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport, StatsSection, Transport } from '../src/transport/transport.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const historySecret = 'a secret of at least thirty-two bytes, for tests';

const party = partyOfEachTest();

/** The built-in transport, and what it opened. */
function watched(): { readonly transport: Transport; readonly opened: Map<string, NodeTransport> } {
  const inner = textTransport();
  const opened = new Map<string, NodeTransport>();
  const open: Transport['open'] = (node, options, events) => {
    const speaker = inner.open(node, options, events);
    opened.set(node.id, speaker);
    return speaker;
  };
  return { transport: { name: 'text', open }, opened };
}

async function own(client: Client): Promise<Client> {
  party.own(client, (started) => started.close());
  await client.ready();
  return client;
}

describe.each(runtimes)('a client that only looks (%s)', (runtime) => {
  it('writes nothing: an empty cluster stays empty, and one in use is not told of it', async () => {
    const [, servers] = await party.startNodes(runtime, 2);
    const { transport, opened } = watched();
    const observer = await own(
      createClient({ servers, transport, copies: 2, historySecret, observe: true, historyIntervalMs: 100 }),
    );
    await expect.poll(() => observer.explain('some').owners.length).toBe(2);
    const written = async (): Promise<number> => {
      const stats = await Promise.all([...opened.values()].map(async (node) => node.stats?.('general')));
      return stats.reduce((sum, stat) => sum + Number(stat?.get('cmd_set')), 0);
    };
    await observer.safeToRemove(servers[0] ?? '');
    expect(await written()).toBe(0);
    expect(observer.observe).toBe(true);

    const user = await own(createClient({ servers, historySecret, historyIntervalMs: 100 }));
    await user.set('some', 'value', { ttlSeconds: 60 });
    // Others place sessions differently, and that is seen; they see nothing of the one that looks.
    await expect.poll(() => observer.handovers.map(({ copies }) => copies)).toEqual([1]);
    expect(user.handovers).toEqual([]);
    // Nobody acts on the ring of the one that looks; that of the others is known by its fingerprint.
    expect(observer.topology.ring).toMatchObject({ confirmedAt: undefined, nodes: servers.map((id) => ({ id })) });
    const { ring } = user.topology;
    expect(ring?.fingerprint).not.toBe(observer.topology.ring?.fingerprint);
    await expect.poll(() => observer.handovers[0]?.ring.fingerprint).toBe(ring?.fingerprint);
    const since = observer.handovers[0]?.ring.since;
    expect(since).toBe(ring?.since);
    await expect.poll(() => observer.handovers[0]?.ring.confirmedAt).toBeGreaterThan(since ?? 0);
  });

  it('knows at once that a handover is finished', async () => {
    const [, servers] = await party.startNodes(runtime, 3);
    // So seldom that the clients' own rounds don't bring the news to every node while this test runs.
    const pace = { historyIntervalMs: 2_000, handover: { clockSkewMs: 0, finish: true } };
    const watching = createClient({ servers, ...pace, observe: true });
    const { client, discovery } = await party.join(servers.slice(1), { copies: 1, ...pace });
    await client.set('some', 'value', { ttlSeconds: 600 });
    discovery.report(...servers);
    await own(watching);
    await expect.poll(() => client.handovers.length).toBe(1);
    await expect.poll(() => client.handovers, { timeout: 60_000 }).toEqual([]);

    const observer = await own(createClient({ servers, ...pace, observe: true }));
    expect(observer.handovers).toEqual([]);
    await expect.poll(() => watching.handovers).toEqual([]);
  });

  it('refuses what reads or writes a record', async () => {
    const cluster = await party.start(runtime, 1);
    const observer = await own(createClient({ servers: cluster.nodes.map(({ id }) => id), observe: true }));
    const refused = { code: 'SESS_BAD_OPTION' };
    await expect(observer.get('k')).rejects.toMatchObject(refused);
    await expect(observer.set('k', 'v', { ttlSeconds: 1 })).rejects.toMatchObject(refused);
    await expect(observer.touch('k', 1)).rejects.toMatchObject(refused);
    await expect(observer.delete('k', { ttlSeconds: 1 })).rejects.toMatchObject(refused);
    await expect(observer.drain('k')).rejects.toMatchObject(refused);
  });

  it('tells what a node says of itself, and what an item is', async () => {
    const cluster = await party.start(runtime, 1);
    const { transport, opened } = watched();
    const client = await own(createClient({ servers: cluster.nodes.map(({ id }) => id), transport }));
    const [node] = opened.values();
    const ask = (section: StatsSection): Promise<ReadonlyMap<string, string>> | undefined => node?.stats?.(section);
    expect(Number((await ask('general'))?.get('uptime'))).toBeGreaterThanOrEqual(0);
    expect((await ask('settings'))?.get('item_size_max')).toBe('1048576');

    const before = Date.now();
    await client.set('k', 'value', { ttlSeconds: 60 });
    const item = await node?.get('k');
    const description = item && describeItem(item);
    expect(description).toMatchObject({ kind: 'record', bytes: 5 });
    expect(description?.kind === 'record' && description.writtenAt).toBeGreaterThanOrEqual(before);
    expect([...((await ask('items'))?.keys() ?? [])].some((name) => name.endsWith(':number'))).toBe(true);
    await client.delete('k', { ttlSeconds: 60 });
    const gone = await node?.get('k');
    expect(gone && describeItem(gone)).toMatchObject({ kind: 'tombstone' });
    await node?.store('set', 'k', Buffer.from('plain text'), { ttlSeconds: 60, flags: 0 });
    const foreign = await node?.get('k');
    expect(foreign && describeItem(foreign)).toEqual({ kind: 'foreign', reason: 'mark', bytes: 10 });
  });

  it('ends a question for statistics with the node, and does not wait for one that hangs', async () => {
    const cluster = await party.start(runtime, 1);
    const [id = ''] = cluster.nodes.map((node) => node.id);
    const { transport, opened } = watched();
    const client = await own(createClient({ servers: [id], transport, timeoutMs: 200, connectTimeoutMs: 200 }));
    await cluster.pauseNode(id);
    await expect(opened.get(id)?.stats?.('general')).rejects.toMatchObject({
      code: expect.stringMatching(/^SESS_(TIMEOUT|CONNECTION)$/),
    });
    const hanging = opened.get(id)?.stats?.('general');
    client.destroy();
    await expect(hanging).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    await cluster.resumeNode(id);
  });
});
