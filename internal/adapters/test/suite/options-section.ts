import { memoryStore } from '@sess/session';
import { expect, it } from 'vitest';
import type { AdapterSubject } from './subject.ts';

const secret = 'a secret for tests, which has more than 32 bytes';

/** Options that can't be meant, refused where they are given. */
export function optionsSection({ register }: AdapterSubject): void {
  const store = memoryStore();
  class Options {
    readonly store = store;
    readonly secret = secret;
  }

  it.each<[string, object, RegExp]>([
    ['no store', { secret }, /exactly one of "servers"/],
    [
      'an unset variable',
      { secret, servers: process.env['SESS_TEST_NEVER_SET'] },
      /is an environment variable unset\?/,
    ],
    ['no secret', { store, secret: undefined }, /"secret" is missing.*randomBytes/],
    [
      'a client that only observes, given as options',
      { secret, servers: 'memcached://127.0.0.1:24999', client: { observe: true } },
      /option "client": with observe: true it refuses to read and write/,
    ],
    ['a slip of the pen', { secret, store, ttlSecond: 3_600 }, /did you mean "ttlSeconds"\?/],
    ['options of a class, whose other content would be ignored', new Options(), /options" is an Options/],
  ])('refuse %s, and say what to do', async (_, options, message) => {
    await expect(register(options)).rejects.toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });
}
