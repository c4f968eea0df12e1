import { startLocalCluster } from '@sess/local-cluster';
import { expect, it } from 'vitest';

import { observe } from '../src/cluster/observed-cluster.ts';
import { clusterSettings } from '../src/cluster/settings.ts';
import { PACE } from './run.ts';

it('forgets a node that has left once it is asked for nothing any more', async () => {
  await using cluster = await startLocalCluster({ nodes: 3, runtime: 'embedded' });
  const servers = `elasticache://${cluster.configurationEndpoint}?${PACE}&pollIntervalMs=100`;
  const observed = await observe(clusterSettings(servers, {}));
  expect(observed.nodes.size).toBe(3);
  const last = cluster.nodes.at(-1)?.id ?? '';
  await cluster.removeNode(last);
  await expect.poll(() => [...observed.nodes.keys()]).not.toContain(last);
  expect(observed.nodes.size).toBe(2);
  await observed.close();
});
