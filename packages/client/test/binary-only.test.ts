import { memcachedWith } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import { createClient, textTransport } from '../src/index.ts';

/** Longer than a greeting that a server of the binary protocol takes for the beginning of a request. */
const CREDENTIALS = { username: 'a user', password: 'a password of some length' };

describe.runIf(inject('runtimes').includes('memcached'))('memcached with the binary protocol only (-B binary)', () => {
  it.each(['auto', 'meta', 'classic'] as const)(
    'is named by the text transport, with the remedy (%s)',
    async (dialect) => {
      await using memcached = await memcachedWith('-B', 'binary');
      for (const credentials of [undefined, CREDENTIALS]) {
        await using client = createClient({
          servers: [`127.0.0.1:${memcached.port}`],
          transport: textTransport({ dialect }),
          ...(credentials && { credentials }),
        });
        const named = expect.stringMatching(/only the binary protocol.*use memjsTransport\(\)/s) as string;
        await expect.poll(() => client.get('key').catch((error: Error) => error.message)).toEqual(named);
        await expect.poll(() => client.ready().catch((error: Error) => error.message)).toEqual(named);
      }
    },
  );
});
