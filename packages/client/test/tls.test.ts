import { startLocalCluster } from '@sess/local-cluster';
import { SELF_SIGNED } from '@sess/loopback';
import { expect, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';

it('elasticaches:// speaks TLS to the configuration endpoint and to the nodes, and trusts whom it is told to', async () => {
  const cluster = await startLocalCluster({
    nodes: 2,
    runtime: 'embedded',
    tls: SELF_SIGNED,
  });
  onTestFinished(() => cluster.close());
  const servers = `elasticaches://${cluster.configurationEndpoint}`;

  const trusting = createClient({ servers, tls: { ca: SELF_SIGNED.cert } });
  onTestFinished(() => trusting.close());
  await trusting.ready();
  await trusting.set('key', 'value', { ttlSeconds: 60 });
  expect((await trusting.get('key'))?.value.toString()).toBe('value');

  const wary = createClient(`memcacheds://${cluster.nodes.map(({ id }) => id).join(',')}?readyTimeoutMs=500`);
  onTestFinished(() => wary.close());
  const refusal = await wary.ready().catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: 'SESS_UNAVAILABLE',
    message: expect.stringContaining('self-signed certificate') as string,
  });
});
