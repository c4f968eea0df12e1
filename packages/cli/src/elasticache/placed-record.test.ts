import { createClient, type Client } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { expect, it } from 'vitest';

import { PlacedRecord } from './placed-record.ts';

/** What stands there, or nothing. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const recordOf = (client: Client): PlacedRecord<string> => new PlacedRecord(client, 'work', text);

const PLACES = Array.from({ length: 8 }, (_, place) => place);

it.each([0, 1, 2])('outlives node %i of three that dies and comes back empty, with one copy', async (index) => {
  await using cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
  await using client = createClient({ servers: cluster.url, copies: 1 });
  await client.ready();
  const before = recordOf(client);
  await before.write('first');
  await before.write('second');
  const id = cluster.nodes[index]?.id ?? '';
  await cluster.crashNode(id);
  // The record is readable while the node is down, and after the node is back.
  expect(await recordOf(client).read()).toBe('second');
  await cluster.restartNode(id);
  await expect.poll(() => client.topology.states.get(id)).toBe('up');
  const after = recordOf(client);
  await expect.poll(() => after.read()).toBe('second');
  // The record is under all keys again, for the loss of another node.
  await expect
    .poll(async () => {
      await after.keep();
      const places = await Promise.all(PLACES.map((place) => client.get(`work/${place}`)));
      return places.map((found) => JSON.parse(String(found?.value)) as unknown);
    })
    .toEqual(PLACES.map(() => ({ revision: 2, value: 'second' })));
});

it('is what the process knows itself, when all nodes were flushed', async () => {
  await using cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  await using client = createClient({ servers: cluster.url });
  await client.ready();
  const record = recordOf(client);
  await record.write('first');
  for (const { id } of cluster.nodes) await cluster.restartNode(id);
  await expect.poll(() => recordOf(client).read()).toBe('');
  expect(await record.read()).toBe('first');
  await record.keep();
  expect(await recordOf(client).read()).toBe('first');
});
