import { startLocalCluster } from '@sess/local-cluster';
import { expect, it } from 'vitest';

import { lookAt } from '../src/cluster/look.ts';
import { clusterSettings } from '../src/cluster/settings.ts';
import { application, KEYS, PACE, SECRET } from './run.ts';

it('forgets a node that has left once it is asked for nothing any more', async () => {
  await using cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
  const servers = `elasticache://${cluster.configurationEndpoint}?${PACE}&pollIntervalMs=100`;
  await using client = await application(servers, KEYS);
  const look = await lookAt(clusterSettings(servers, { SESS_SECRET: SECRET }));
  const last = cluster.nodes.at(-1)?.id ?? '';
  await client.drain(last);
  await cluster.removeNode(last);
  await expect.poll(() => look.client.topology.nodes.map(({ id }) => id)).not.toContain(last);
  await expect.poll(() => [...look.nodes.keys()], { timeout: 60_000 }).not.toContain(last);
  expect(look.nodes.size).toBe(2);
  await look.close();
});
