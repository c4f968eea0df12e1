import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import { createClient, textTransport, type ClientOptions } from '@sess/client';
import { SELF_SIGNED } from '@sess/loopback';
import { memjsTransport } from '@sess/memjs-transport';
import { describe, expect, it } from 'vitest';

/** Long enough for a refusal; asked again on a machine that is slower. */
const READY_TIMEOUT_MS = 500;

const CLIENTS: Readonly<Record<string, Pick<ClientOptions, 'transport'> & { readonly scheme: string }>> = {
  'the text protocol': { scheme: 'memcacheds', transport: textTransport() },
  'the binary protocol': { scheme: 'memcacheds', transport: memjsTransport() },
  'a configuration endpoint': { scheme: 'elasticaches' },
};

const REFUSALS: readonly [string, TlsOptions, ConnectionOptions, string][] = [
  ['a certificate of an unknown authority', {}, {}, 'give its certificate as tls.ca'],
  ['a certificate for another name', {}, { ca: SELF_SIGNED.cert, servername: 'another.test' }, 'or set tls.servername'],
  [
    'no client certificate where one is needed',
    { requestCert: true, rejectUnauthorized: true },
    { ca: SELF_SIGNED.cert, servername: 'localhost', checkServerIdentity: () => undefined },
    'give tls.cert and tls.key',
  ],
  [
    'no common version',
    { maxVersion: 'TLSv1.2' },
    { ca: SELF_SIGNED.cert, minVersion: 'TLSv1.3', checkServerIdentity: () => undefined },
    'see tls.minVersion',
  ],
  ...Object.entries<() => unknown>({
    'throws an error': () => thrown(new Error('not pinned')),
    'throws a text': () => thrown('not pinned'),
    'returns an error': () => new Error('not pinned'),
    'returns a text': () => 'not pinned',
  }).map(([what, check]): [string, TlsOptions, ConnectionOptions, string] => [
    `a checkServerIdentity that ${what}`,
    {},
    { ca: SELF_SIGNED.cert, checkServerIdentity: check as () => undefined },
    '(tls.checkServerIdentity: not pinned). This function of the application refuses the server',
  ]),
  [
    'a checkServerIdentity that answers later',
    {},
    {
      ca: SELF_SIGNED.cert,
      checkServerIdentity: (async () => thrown(new Error('not pinned'))) as unknown as () => undefined,
    },
    'tls.checkServerIdentity: it returned a promise',
  ],
  [
    'a pskCallback that throws',
    { ciphers: 'PSK', pskCallback: () => Buffer.alloc(16) },
    { ciphers: 'PSK', pskCallback: () => thrown(new Error('no key')), checkServerIdentity: () => undefined },
    '(tls.pskCallback: no key). This function of the application',
  ],
];

describe.each(Object.entries(CLIENTS))('TLS over %s', (_, { scheme, ...options }) => {
  it('an option that only node:tls refuses, and only when it connects, is a fault of the connection', async () => {
    const tls = { ALPNProtocols: ['a name that is too long'.repeat(20)] };
    const client = createClient({
      ...options,
      servers: `${scheme}://127.0.0.1:1`,
      tls,
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
    try {
      const refusal = await client.ready().catch((error: Error) => error.message);
      expect(refusal).toMatch(/127\.0\.0\.1:1\b.*protocol at index 0/);
      expect(refusal).not.toMatch(/list of nodes|does not speak TLS|\n/);
    } finally {
      client.destroy();
    }
  });

  it.each(REFUSALS)('%s: says what to do, and not to do without TLS', async (_refusal, server, tls, advice) => {
    const listener = createServer({ ...SELF_SIGNED, ca: SELF_SIGNED.cert, ...server }, (socket) =>
      socket.on('error', () => undefined),
    );
    listener.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const servers = `${scheme}://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const client = createClient({ ...options, servers, tls, readyTimeoutMs: READY_TIMEOUT_MS });
    let told = '';
    try {
      await expect
        .poll(
          async () =>
            (told = await client.ready().then(
              () => 'ready',
              (error: Error) => error.message,
            )),
        )
        .toContain(advice);
      expect(told).not.toMatch(/use (?:memcached|elasticache):|leave out|\n/);
    } finally {
      client.destroy();
      listener.close();
    }
  });
});

function thrown(reason: unknown): never {
  throw reason;
}
