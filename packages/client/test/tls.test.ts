import { startLocalCluster } from '@sess/local-cluster';
import { SELF_SIGNED } from '@sess/loopback';
import { expect, it } from 'vitest';

import { createClient } from '../src/client.ts';

it('elasticaches:// speaks TLS to the configuration endpoint and to the nodes, and trusts whom it is told to', async () => {
  await using cluster = await startLocalCluster({
    nodes: 2,
    runtime: 'embedded',
    tls: SELF_SIGNED,
  });
  const servers = `elasticaches://${cluster.configurationEndpoint}`;

  await using trusting = createClient({ servers, tls: { ca: SELF_SIGNED.cert } });
  await trusting.ready();
  await trusting.set('key', 'value', { ttlSeconds: 60 });
  expect((await trusting.get('key'))?.value.toString()).toBe('value');

  await using wary = createClient(`memcacheds://${cluster.nodes.map(({ id }) => id).join(',')}?readyTimeoutMs=500`);
  const refusal = await wary.ready().catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: 'SESS_UNAVAILABLE',
    message: expect.stringContaining('self-signed certificate') as string,
  });
});
