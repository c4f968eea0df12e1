import { beforeEach, describe, expect, inject, test } from 'vitest';
import { sameReply } from './compare-replies.ts';
import { exchange, RawConnection } from './raw-exchange.ts';
import { twoServers } from './two-servers.ts';

/** The lines of `lru_crawler metadump` in a fixed order, without slab classes and times. */
async function listing(port: number, target = 'all'): Promise<readonly string[]> {
  const connection = new RawConnection(port);
  connection.send(`lru_crawler metadump ${target}\r\n`);
  const text = await connection.receive('END\r\n');
  connection.destroy();
  return text
    .replaceAll(/ la=\d+/g, '')
    .replaceAll(/ cls=\d+/g, '')
    .split('\n')
    .toSorted((one, other) => (one < other ? -1 : 1));
}

describe.runIf(inject('runtimes').includes('memcached'))(
  'beside replies to single requests, an embedded node and memcached agree',
  () => {
    const servers = twoServers();
    beforeEach(() => servers.restart());

    test('on the listing of their keys', async () => {
      const requests = [
        'set a%b 0 4000000000 1\r\nx\r\n',
        'set c=d&e 7 0 3\r\nabc\r\n',
        'set \x7f\u00e9~._- 0 2000000000 0\r\n\r\n',
        'ms AAEC 2 b\r\nhi\r\n',
        'get c=d&e\r\n',
        'set gone 0 -1 1\r\nx\r\n',
        'set flushed 0 0 1\r\nx\r\ndelete flushed\r\n',
      ];
      for (const request of requests) await servers.expectSame(request, sameReply);
      const { real, embedded } = servers.ports();
      for (const target of ['all', 'hash', '1', '2,1', '63']) {
        const [theirs, ours] = await Promise.all([listing(real, target), listing(embedded, target)]);
        expect(theirs.length > 4, target).toBe(target !== '63');
        expect(ours, target).toEqual(theirs);
      }
    });

    test('on what can not be listed', async () => {
      for (const request of [
        'version\r\nlru_crawler metadump all\r\n',
        'lru_crawler metadump\r\n',
        'lru_crawler metadump 9999\r\n',
        'lru_crawler metadump 1,64\r\n',
        'lru_crawler metadump 0\r\n',
        'lru_crawler metadump 1,x\r\n',
      ])
        await servers.expectSame(request, sameReply);
    });

    test('that a second to live is over after a second, and not before the next one begins', async () => {
      const { real, embedded } = servers.ports();
      for (const port of [real, embedded]) {
        expect((await exchange(port, 'set a 0 2 1\r\nx\r\nget a\r\n')).toString()).toBe(
          'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n',
        );
        await expect
          .poll(async () => (await exchange(port, 'get a\r\n')).toString(), { timeout: 5_000 })
          .toBe('END\r\n');
      }
    });
  },
);

const LOGINS: readonly string[] = [
  'get a\r\n',
  'mn\r\n',
  'version\r\n',
  'set x 0 0 11\r\nuser secret\r\n',
  'set whatever 9 9 11 noreply\r\nuser secret\r\nmn\r\n',
  'set x 0 0 10\r\nuser wrong\r\n',
  'set x 0 0 4\r\nuser\r\n',
  'set x 0 0 0\r\n\r\n',
  'set x 0 0 x\r\n',
  'set x 0 0\r\n',
  'add x 0 0 11\r\n',
  'set x 0 0 13\r\n user  secret\r\nmn\r\n',
  'set x 0 0 16\r\nuser secret more\r\nmn\r\n',
  `set ${'k'.repeat(3_000)}`,
];

describe.runIf(inject('runtimes').includes('memcached'))(
  'with credentials, an embedded node and memcached -Y agree',
  () => {
    const servers = twoServers({ credentials: { username: 'user', password: 'secret' } });

    test.each(LOGINS.map((request) => [request.slice(0, 40), request] as const))('on %j', (_shown, request) =>
      servers.expectSame(request, sameReply),
    );
  },
);
