import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { SELF_SIGNED } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TRANSPORTS } from './every-transport.ts';

/** Long enough for a refusal on a loaded machine. */
const READY_TIMEOUT_MS = 2_000;

describe.each(inject('mainRuntimes'))(
  'a client and a server of which one speaks TLS and the other does not (%s)',
  (runtime) => {
    let plain: LocalCluster;
    let encrypted: LocalCluster;
    beforeAll(async () => {
      plain = await startLocalCluster({ nodes: 1, runtime });
      encrypted = await startLocalCluster({ nodes: 1, runtime, tls: SELF_SIGNED });
    });
    afterAll(async () => {
      await plain.close();
      await encrypted.close();
    });

    it.each([
      ['memcached://', 'a node that speaks TLS', () => encrypted.nodes[0]?.id, 'use memcacheds:// or the option tls'],
      [
        'memcacheds://',
        'a node that does not',
        () => plain.nodes[0]?.id,
        'use memcached:// or leave out the option tls',
      ],
      [
        'elasticache://',
        'an endpoint that speaks TLS',
        () => encrypted.configurationEndpoint,
        'use elasticaches:// or set the option "tls"',
      ],
      [
        'elasticaches://',
        'an endpoint that does not',
        () => plain.configurationEndpoint,
        'use elasticache:// or leave out the option "tls"',
      ],
    ])('%s for %s: ready() and get() name TLS and what to do, in one line', async (scheme, _, address, advice) => {
      await Promise.all(
        Object.values(TRANSPORTS).map(async (transport) => {
          const client = createClient({
            servers: `${scheme}${address()}`,
            transport: transport(),
            readyTimeoutMs: READY_TIMEOUT_MS,
          });
          try {
            for (const outcome of [await client.ready().catch(said), await client.get('key').catch(said)]) {
              expect(outcome).toContain(advice);
              // No OpenSSL text, no advice about memcached, no doubled punctuation.
              expect(outcome).not.toMatch(/\n|routines|Check that memcached|[.?!][.?!]/);
            }
          } finally {
            client.destroy();
          }
        }),
      );
    });
  },
);

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
