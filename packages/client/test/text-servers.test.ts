/**
 * What depends on the server. What every transport must do is shown by the conformance suite, which runs over this one
 * too.
 */
import { startLocalCluster, type LocalClusterOptions } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { textTransport, type TextTransportOptions } from '../src/transport/text/index.ts';
import type { NodeTransport, TransportOptions } from '../src/transport/transport.ts';
import { OPTIONS, outcomes } from './text-scripted-server.ts';

const CREDENTIALS = { username: 'application', password: 'correct-horse' };
const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const HOUR_SECONDS = 3_600;
const YEAR_SECONDS = 365 * 24 * HOUR_SECONDS;

// A container runs the same memcached, and takes seconds to start.
const runtimes = inject('mainRuntimes');

describe.each(runtimes)('on %s', (runtime) => {
  async function open(
    cluster: LocalClusterOptions,
    options: Partial<TransportOptions> = {},
    text: TextTransportOptions = {},
  ): Promise<NodeTransport> {
    const started = await startLocalCluster({ nodes: 1, runtime, ...cluster });
    onTestFinished(() => started.close());
    const [node] = started.nodes;
    if (node === undefined) throw new Error('a cluster without a node');
    const transport = textTransport(text).open(node, { ...OPTIONS, ...options }, { connected() {}, disconnected() {} });
    onTestFinished(() => transport.destroy());
    return transport;
  }

  it('the dialect is found to be meta: the remaining time to live is known', async () => {
    const transport = await open({});
    expect(await transport.store('set', 'key', Buffer.from('v'), { ttlSeconds: HOUR_SECONDS, flags: 0 })).toBe(
      'stored',
    );
    expect((await transport.get('key'))?.ttlSeconds).toBeGreaterThan(HOUR_SECONDS - 10);
    await transport.touch('key', YEAR_SECONDS);
    const touched = await transport.get('key');
    expect(touched?.ttlSeconds).toBeGreaterThan(YEAR_SECONDS - 10);
    // Past 30 days an expiry is a date, and memcached's clock, which ticks once a second, may be behind ours.
    expect(touched?.ttlSeconds).toBeLessThanOrEqual(YEAR_SECONDS + 1);
    expect(await transport.touch('key', 0)).toEqual({ flags: 0 });
    expect((await transport.get('key'))?.ttlSeconds).toBe(-1);
  });

  it.each(['auto', 'meta', 'classic'] as const)('credentials open the door in dialect %s', async (dialect) => {
    const transport = await open({ credentials: CREDENTIALS }, { credentials: CREDENTIALS }, { dialect });
    expect(await transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES)).toBe('stored');
    expect((await transport.get('key'))?.value.toString()).toBe('v');
  });

  it.each(['auto', 'meta', 'classic'] as const)(
    'wrong or missing credentials are SESS_AUTH in dialect %s',
    async (dialect) => {
      const wrong = await open(
        { credentials: CREDENTIALS },
        { credentials: { ...CREDENTIALS, password: 'wrong-horse' } },
        { dialect },
      );
      const missing = await open({ credentials: CREDENTIALS }, {}, { dialect });
      for (const transport of [wrong, missing]) {
        const error: unknown = await transport.get('key').catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'SESS_AUTH', retryable: false });
        expect(String(error)).not.toContain('horse');
      }
    },
  );

  it('credentials that nobody asked for are not kept as an item', async () => {
    const transport = await open({}, { credentials: CREDENTIALS });
    expect(await transport.get('auth')).toBeUndefined();
  });

  it.each(['meta', 'classic'] as const)(
    'a value larger than the server takes is not sent, as the first of a connection either, and what follows is right (%s)',
    async (dialect) => {
      const transport = await open({}, { maxValueBytes: 2_000_000 }, { dialect });
      const results = await outcomes([
        transport.store('set', 'key', Buffer.from('small'), ATTRIBUTES),
        transport.store('set', 'key', Buffer.alloc(1_500_000, 'mn\r\n'), ATTRIBUTES),
        transport.get('key').then((item) => item?.value.toString()),
        transport.store('set', 'other', Buffer.from('v'), ATTRIBUTES),
        transport.touch('other', 60),
      ]);
      expect(results).toEqual(['stored', 'SESS_TOO_LARGE', 'small', 'stored', { flags: 0 }]);
      expect((await transport.get('key'))?.value.toString()).toBe('small');
    },
  );

  it.each(['meta', 'classic'] as const)(
    'values of any bytes and length come back whole, many at once (%s)',
    async (dialect) => {
      const transport = await open({}, {}, { dialect });
      const lengths = [
        0, 1, 2, 100, 1_000, 4_095, 4_096, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 200_000, 900_000,
      ];
      const values = lengths.map((length) =>
        Buffer.from(Array.from({ length }, (_, index) => (index * 31 + length) % 256)),
      );
      expect(
        new Set(
          await Promise.all(values.map((value, index) => transport.store('set', `key-${index}`, value, ATTRIBUTES))),
        ),
      ).toEqual(new Set(['stored']));
      const found = await Promise.all(
        [...values, ...values].map((_, index) => transport.get(`key-${index % values.length}`)),
      );
      found.forEach((item, index) =>
        expect(item?.value.equals(values[index % values.length] ?? Buffer.alloc(0))).toBe(true),
      );
    },
  );
});
