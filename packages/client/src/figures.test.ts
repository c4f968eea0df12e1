import { channel } from 'node:diagnostics_channel';

import { describe, expect, it } from 'vitest';

import { settled } from '../test/fake-clock.ts';
import { A, B, C, fakeCluster, keyOf } from '../test/fake-cluster.ts';
import type { CollectMessage } from './diagnostics.ts';
import type { ClientFigures } from './figures.ts';

/** Asks for figures like a collector. */
function collect(): ClientFigures[] {
  const clients: ClientFigures[] = [];
  channel('sess:client:collect').publish({ add: (client) => void clients.push(client) } satisfies CollectMessage);
  return clients;
}

const ring = (): string | undefined => collect().at(-1)?.ring;

describe('sess:client:collect', () => {
  it('is answered by every open client at once, and by no closed one', async () => {
    const before = collect().length;
    const { client } = await fakeCluster([A]);
    const other = await fakeCluster([B]);
    expect(collect().length).toBe(before + 2);
    await client.close();
    other.client.destroy();
    expect(collect().length).toBe(before);
  });

  it('says which nodes there are, how they are and what waits for them', async () => {
    const { client, network, clock } = await fakeCluster([A, `${B}|192.0.2.7`]);
    const key = keyOf(client, B);
    await client.set(key, 'value', { ttlSeconds: 60 });
    network.at('192.0.2.7').behaviour = 'hangs';
    const answer = client.get(key).catch(() => undefined);
    await settled();
    expect(collect().at(-1)?.nodes).toEqual([
      { id: A, serverAddress: '10.0.0.1', serverPort: 11_211, state: 'up', pending: 0 },
      { id: B, serverAddress: '10.0.0.2', serverPort: 11_211, peerAddress: '192.0.2.7', state: 'up', pending: 1 },
    ]);
    await clock.pass(500);
    await answer;
    expect(collect().at(-1)?.nodes[1]?.pending).toBe(0);
    network.at('192.0.2.7').behaviour = 'refuses';
    network.at('192.0.2.7').drop();
    await clock.pass(10);
    expect(collect().at(-1)?.nodes[1]?.state).toBe('down');
  });

  it('has one ring for clients that place keys alike, and another one otherwise', async () => {
    const one = await fakeCluster([A, B]);
    const first = ring();
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    await fakeCluster([B, A]);
    expect(ring()).toBe(first);
    await fakeCluster([A, B, C]);
    expect(ring()).not.toBe(first);
    await fakeCluster([A, B], { copies: 2 });
    expect(ring()).not.toBe(first);
    one.client.destroy();
  });

  it('leaves out counters of nodes that tell none', async () => {
    await fakeCluster([A]);
    expect(await collect().at(-1)?.counters()).toEqual(new Map());
  });
});
