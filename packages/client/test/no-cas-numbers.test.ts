import { memcachedWith } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import { createClient, textTransport } from '../src/index.ts';

describe.runIf(inject('runtimes').includes('memcached'))('memcached without CAS numbers (-C)', () => {
  it.each(['meta', 'classic'] as const)(
    'is named where a change or a deletion could not be safe, and nothing is changed (%s)',
    async (dialect) => {
      await using memcached = await memcachedWith('-C');
      const servers = `memcached://127.0.0.1:${memcached.port}`;
      await using client = createClient({ servers, transport: textTransport({ dialect }) });
      await expect.poll(() => client.set('key', 'before', { ttlSeconds: 60 }).then(() => 'done')).toBe('done');
      const read = await client.get('key');
      const refused = {
        code: 'SESS_BAD_VALUE',
        retryable: false,
        message: expect.stringMatching(/keeps no CAS numbers.*without -C/) as string,
      };
      await expect(client.set('key', 'after', { ttlSeconds: 60, expect: read })).rejects.toMatchObject(refused);
      await expect(client.delete('key', { ttlSeconds: 60 })).rejects.toMatchObject(refused);
      expect((await client.get('key'))?.value.toString()).toBe('before');
    },
  );
});
