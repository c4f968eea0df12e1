import { rootCertificates } from 'node:tls';
import type { Client } from '@sess/session';
import { describe, expect, it } from 'vitest';
import { openStore, type ExternalStoreOptions } from './options.ts';

const stub = (): Promise<never> => Promise.reject(new Error('not to be asked'));

const shared = { get: stub, set: stub, touch: stub, delete: stub } as unknown as Client;

describe('the options of a store', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no cluster', {}, /exactly one of "servers" .* neither came \(is an environment variable unset\?\)/],
    ['a variable that is unset', { servers: process.env['SESS_TEST_NEVER_SET'] }, /is an environment variable unset\?/],
    ['two clusters', { servers: 'memcached://127.0.0.1', client: shared }, /both came/],
    ['another kind of server', { servers: 'redis://127.0.0.1' }, /option "servers": /],
    ['another client', { client: { get() {} } }, /a client that createClient of @sess\/client returned/],
    [
      'a slip of the pen',
      { servers: 'memcached://127.0.0.1', ttl: 60 },
      /unknown option "ttl": the options are servers, client, ttlSeconds, keyPrefix/,
    ],
    [
      'half a second',
      { servers: 'memcached://127.0.0.1', ttlSeconds: 0.5 },
      /"ttlSeconds" is 0.5; expected a whole number of seconds/,
    ],
    [
      'milliseconds',
      { servers: 'memcached://127.0.0.1', ttlSeconds: 86_400_000_000 },
      /expected a whole number of seconds, 1 to 315360000/,
    ],
    ['a long prefix', { servers: 'memcached://127.0.0.1', keyPrefix: 'a-long-prefix' }, /up to 12 characters/],
    ['a prefix with a space', { servers: 'memcached://127.0.0.1', keyPrefix: 'a b' }, /printable ASCII without space/],
    [
      'an option of the client',
      { servers: 'memcached://127.0.0.1', copies: 2 },
      /"copies": it is one of the client. .* client: \{ copies: … \}/,
    ],
    [
      'a wrong option of the client',
      { servers: 'memcached://127.0.0.1', client: { copies: 7 } },
      /"servers" or "client": copies must be/,
    ],
    [
      'options of a client that only observes',
      { servers: 'memcached://127.0.0.1', client: { observe: true } },
      /"client": with observe: true it refuses to read and write/,
    ],
    [
      'a client that only observes',
      { client: Object.assign(Object.create(shared) as typeof shared, { observe: true as const }) },
      /"client": with observe: true it refuses to read and write/,
    ],
    ['options without a cluster', { client: { copies: 2 } }, /neither came/],
    ['two lists', { servers: 'memcached://127.0.0.1', client: { servers: ['127.0.0.1:1'] } }, /in one place/],
    [
      "the client's own prefix",
      { servers: 'memcached://127.0.0.1', keyPrefix: '@sess/x' },
      /the client keeps for itself/,
    ],
  ])('can not be %s, and the error says what to do', (_, options, message) => {
    expect(() => openStore(options as ExternalStoreOptions, 'x/')).toThrow(
      expect.objectContaining({ name: 'StoreError', code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('have defaults', () => {
    expect(openStore({ client: shared }, 'x/')).toMatchObject({ client: shared, ttlSeconds: 86_400, keyPrefix: 'x/' });
  });

  it.each<[string, ExternalStoreOptions]>([
    ['beside a URL', { servers: 'memcached://127.0.0.1:1,127.0.0.1:2?copies=2', client: { timeoutMs: 50 } }],
    [
      'beside a list',
      { servers: ['127.0.0.1:1', '127.0.0.1:2'], client: { copies: 2, tls: { ca: [...rootCertificates] } } },
    ],
    ['with a list in them', { client: { servers: ['127.0.0.1:1', '127.0.0.1:2'], historySecret: 'h'.repeat(32) } }],
  ])('take those of the client that is opened, %s', async (_, options) => {
    const cluster = openStore(options, 'x/');
    await cluster.close();
    await expect(cluster.client.get('key')).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });
});
