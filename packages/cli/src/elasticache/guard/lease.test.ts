import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { expect, it } from 'vitest';

import { GuardLease } from './lease.ts';

it('leaves alone the lease that another guard took meanwhile, and frees its own', async () => {
  await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
  await using client = createClient({ servers: cluster.url });
  const first = new GuardLease(client, 'shop', 'first');
  expect(await first.keep()).toBe(true);
  // As after an outage in which the lease of the first one ran out.
  await client.set('sess-guard/shop/lease', 'second', { ttlSeconds: 30 });
  await first.release();
  expect((await client.get('sess-guard/shop/lease'))?.value.toString()).toBe('second');

  const second = new GuardLease(client, 'shop', 'second');
  expect(await second.keep()).toBe(true);
  await second.release();
  await expect.poll(() => first.keep()).toBe(true);
});
