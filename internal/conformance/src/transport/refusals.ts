import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPTIONS, type Bench, type OpenedTransport } from './bench.ts';
import { Relay } from './relay.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const VALUE = Buffer.from('v');
const LAST_EXPTIME = 0x7fff_ffff;

/** Invalid keys, by type or content. The types are wrong on purpose: JavaScript code calls this as well. */
const BAD_KEYS = [
  '',
  'x'.repeat(251),
  'a b',
  'a\r\nflush_all\r\n',
  'a\n',
  'a\0',
  'a\tb',
  'a\x7f',
  'schlüssel',
  '鍵',
  undefined,
  null,
  7,
  {},
] as string[];
const BAD_VALUES = ['text', undefined, null, [1], new ArrayBuffer(1), 7] as unknown as Uint8Array[];
const BAD_TTLS = [-1, 1.5, Number.NaN, Infinity, '60', undefined, 2 ** 53, LAST_EXPTIME] as number[];
const BAD_FLAGS = [-1, 1.5, 2 ** 32, Number.NaN, '0', undefined] as number[];

type Call = (transport: OpenedTransport['transport']) => Promise<unknown>;

const cas = { unique: 1n, epoch: 1 };
const keyCalls = (key: string): readonly Call[] => [
  (transport) => transport.get(key),
  (transport) => transport.touch(key, 60),
  (transport) => transport.store('set', key, VALUE, ATTRIBUTES),
  (transport) => transport.store('add', key, VALUE, ATTRIBUTES),
  (transport) => transport.store({ cas }, key, VALUE, ATTRIBUTES),
];
const ttlCalls = (ttlSeconds: number): readonly Call[] => [
  (transport) => transport.touch('key', ttlSeconds),
  (transport) => transport.store('set', 'key', VALUE, { ttlSeconds, flags: 0 }),
  (transport) => transport.store({ cas }, 'key', VALUE, { ttlSeconds, flags: 0 }),
];
const flagCalls = (flags: number): readonly Call[] => [
  (transport) => transport.store('set', 'key', VALUE, { ttlSeconds: 60, flags }),
  (transport) => transport.store({ cas }, 'key', VALUE, { ttlSeconds: 60, flags }),
];
const valueCalls = (value: Uint8Array): readonly Call[] => [
  (transport) => transport.store('set', 'key', value, ATTRIBUTES),
  (transport) => transport.store({ cas }, 'key', value, ATTRIBUTES),
];

export function refusalSection(bench: () => Bench): void {
  describe('input that memcached would refuse', () => {
    it.each([
      ['a key', 'SESS_BAD_KEY', BAD_KEYS.flatMap(keyCalls)],
      ['a time to live', 'SESS_BAD_VALUE', BAD_TTLS.flatMap(ttlCalls)],
      ['flags', 'SESS_BAD_VALUE', BAD_FLAGS.flatMap(flagCalls)],
      ['a value', 'SESS_BAD_VALUE', BAD_VALUES.flatMap(valueCalls)],
      ['a value too large', 'SESS_TOO_LARGE', valueCalls(Buffer.alloc(OPTIONS.maxValueBytes + 1))],
    ])('(%s) rejects with %s before a byte is written', async (_what, code, calls) => {
      await using relay = await new Relay(bench().node.port).listen();
      using opened = bench().open({}, { port: relay.port });
      await opened.transport.probe();
      const before = relay.bytesSent;
      await opened.transport.probe();
      const probeBytes = relay.bytesSent - before;
      for (const call of calls)
        await expect(call(opened.transport)).rejects.toMatchObject({ name: 'SessClientError', code });
      await opened.transport.probe();
      expect(relay.bytesSent).toBe(before + 2 * probeBytes);
      expect(relay.connections).toBe(1);
    });

    it('is refused whatever else is in the key, and nothing in the message gives the key away', async () => {
      using opened = bench().open();
      const secret = 'the-session-of-somebody';
      const bad = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/^[\x21-\x7e]*$/.test(text));
      await fc.assert(
        fc.asyncProperty(bad, async (text) => {
          const error: unknown = await opened.transport.get(`${secret}${text}`).catch((reason: unknown) => reason);
          expect(error).toMatchObject({ code: 'SESS_BAD_KEY' });
          expect(String(error)).not.toContain(secret);
        }),
      );
    });
  });

  describe('a value that is too large', () => {
    it('leaves what was stored', async () => {
      const key = bench().key();
      using opened = bench().open();
      await opened.transport.store('set', key, Buffer.from('old'), ATTRIBUTES);
      const tooLarge = Buffer.alloc(OPTIONS.maxValueBytes + 1);
      await expect(opened.transport.store('set', key, tooLarge, ATTRIBUTES)).rejects.toMatchObject({
        code: 'SESS_TOO_LARGE',
      });
      expect((await opened.transport.get(key))?.value.toString()).toBe('old');
    });

    it('for the node alone is refused by that name, and the requests behind it are answered rightly', async () => {
      const [key, other] = [bench().key(), bench().key()];
      using opened = bench().open({ maxValueBytes: 4 * 1_048_576 });
      await opened.transport.store('set', other, Buffer.from('other'), ATTRIBUTES);
      const refused = opened.transport.store('set', key, Buffer.alloc(2 * 1_048_576, '\r\nflush_all\r\n'), ATTRIBUTES);
      const behind = Array.from({ length: 20 }, () => opened.transport.get(other));
      await expect(refused).rejects.toMatchObject({ code: 'SESS_TOO_LARGE', retryable: false });
      for (const item of await Promise.all(behind)) expect(item?.value.toString()).toBe('other');
    });
  });
}
