import { createClient } from '@sess/client';
import { memcachedWith } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import { memjsTransport } from '../src/index.ts';

describe.runIf(inject('runtimes').includes('memcached'))('memcached with one protocol only', () => {
  it('serves memjs with the binary one (-B binary)', async () => {
    await using memcached = await memcachedWith('-B', 'binary');
    await using client = createClient({ servers: [`127.0.0.1:${memcached.port}`], transport: memjsTransport() });
    const stored = (): Promise<string> => client.set('key', 'value', { ttlSeconds: 60 }).then(() => 'stored', String);
    await expect.poll(stored).toBe('stored');
    expect((await client.get('key'))?.value.toString()).toBe('value');
  });

  it.each([undefined, { username: 'a user', password: 'a password' }])(
    'is named, with the remedy, with the text one (-B ascii, credentials %o)',
    async (credentials) => {
      await using memcached = await memcachedWith('-B', 'ascii');
      await using client = createClient({
        servers: [`127.0.0.1:${memcached.port}`],
        transport: memjsTransport(),
        ...(credentials && { credentials }),
      });
      const told = (): Promise<unknown> => client.get('key').catch((error: Error) => error.message);
      await expect.poll(told).toMatch(/use the text transport for it/);
    },
  );
});
