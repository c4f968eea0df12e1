import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import { historySeals } from '../src/membership/history-seal.ts';
import { encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import { settled } from './fake-clock.ts';
import { A, B, fakeCluster, join } from './fake-cluster.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { allHeard } from './heard.ts';

const SECRET = 'the secret of the shop, which its servers have';
const OTHER_SECRET = 'the secret of somebody else, who shares the nodes';
const NOW = Date.UTC(2026, 0, 1);
const RUNS = 200;
const ttlSeconds = 60;

const GOOD_NAMES = ['evil.example:11211', 'evil.example:1', '127.0.0.1:22', '[::1]:65535'];
const NAMES = [
  ...GOOD_NAMES,
  'EVIL.example:11211',
  'evil.example.:11211',
  'evil.example:0',
  'evil.example:65536',
  'evil.example:99999',
  'evil.example:-1',
  'evil.example:1e3',
  'evil.example:011211',
  'evil.example',
  'evil.example:',
  ':11211',
  '',
  ' ',
  'evil.example:11211/x',
  'evil example:11211',
  'evil.example:11211\n',
  'evil\r\n.example:11211',
  'evil.example:11211\0',
  '\tx:1',
  '\u00E9vil.example:11211',
  '\u202Eevil.example:11211',
  '\uD800.example:11211',
  '\u{1F608}:11211',
  '[::1',
  '[::g]:11211',
  '[fe80::1%25eth0]:11211',
  '::1:11211',
  '0x7f.1:11211',
  '/run/evil.sock',
  'unix:/x',
  'http://evil.example:11211',
  'user:password@evil.example:11211',
  '__proto__:11211',
  'constructor:1',
  `${'a'.repeat(300)}.example:11211`,
  'a'.repeat(100_000),
];
const NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  5e-324,
  1e308,
  2 ** 53,
  NOW,
  NOW - 1,
  NOW + 86_400_001,
  NOW + 1e12,
  281_474_976_710_655,
];
/** `1e999` is what JSON makes of it: infinite. */
const OTHERS = [null, '', 'x', '1', true, [], {}, [[]], Infinity];

const names = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(A, B, ...NAMES) }, fc.constantFrom(...OTHERS));
const numbers = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...NUMBERS) }, fc.constantFrom(...OTHERS));
/** Mostly what it should be, so that other parts of the history are looked at, too. */
function mostly(right: unknown, wrong: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(right) }, wrong);
}
const time = mostly(NOW, numbers);
const nodes = mostly(
  [
    [A, 1],
    [B, 1],
  ],
  fc.array(fc.tuple(names, mostly(1, numbers)), { maxLength: 5 }),
);

const plain = fc.record({
  ttl: mostly(ttlSeconds, numbers),
  whole: mostly(true, fc.constantFrom(false, ...OTHERS)),
  forgotten: time,
  truncated: time,
  by: mostly(2, numbers),
  views: mostly(
    [],
    fc.array(
      fc.record({
        n: nodes,
        k: mostly(1, numbers),
        d: mostly('', fc.constantFrom('x', '0123456789ab', ...OTHERS)),
        c: mostly('discovery', fc.constantFrom('attack', ...OTHERS)),
        s: time,
        t: time,
        l: mostly(ttlSeconds, numbers),
      }),
      { maxLength: 4 },
    ),
  ),
  drains: mostly([], fc.array(fc.tuple(names, fc.constantFrom(true, false, 1), time), { maxLength: 4 })),
  draining: mostly([], fc.array(names, { maxLength: 3 })),
  closings: mostly([], fc.array(fc.tuple(fc.constantFrom('0123456789abcdef', 'x'), time, fc.boolean()))),
});
/** As a client would write it, but for what it says. */
const cunning = fc.record({
  ttl: fc.constantFrom(0, ttlSeconds, 315_360_000),
  whole: fc.boolean(),
  by: fc.constant(2),
  views: fc.array(
    fc.record({
      n: fc.uniqueArray(fc.constantFrom(A, B, ...GOOD_NAMES), { minLength: 1 }).map((ids) => ids.map((id) => [id, 1])),
      k: fc.constantFrom(1, 2, 3),
      d: fc.constant(''),
      c: fc.constantFrom('discovery', 'node-down', 'node-recovered', 'drain'),
      s: fc.constantFrom(0, NOW - 1, NOW, NOW + 80_000_000),
      t: fc.constantFrom(0, NOW - 1, NOW, NOW + 80_000_000),
      l: fc.constantFrom(0, ttlSeconds, 315_360_000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  drains: fc.array(fc.tuple(fc.constantFrom(A, B, ...GOOD_NAMES), fc.boolean(), fc.constantFrom(NOW - 1, NOW)), {
    maxLength: 3,
  }),
  draining: fc.constantFrom([], [A], [B], [A, B]),
});
/** In the form of a table, whose parts refer to one another by number. */
const table = fc.record({
  ttl: fc.constant(ttlSeconds),
  whole: fc.boolean(),
  nodes,
  distributions: mostly([''], fc.array(fc.constantFrom('', '0123456789ab', 'x', null), { maxLength: 3 })),
  views: fc.array(
    fc.array(fc.oneof(numbers, fc.constantFrom<unknown>('Aw==', 'AAAA', '\u0000', [0, 1], [1_000_000], 1, 2)), {
      maxLength: 9,
    }),
    { maxLength: 4 },
  ),
  drains: fc.constant([]),
});

function seal(format: number, json: Buffer, secret: string | undefined): Buffer {
  const [signer] = historySeals(secret === undefined ? [] : [secret]);
  return Buffer.concat([Buffer.from([0xe5, 0x48, format, 0]), signer?.sign(json) ?? Buffer.alloc(32), json]);
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (item === Infinity ? 'INFINITE' : item)).replaceAll(
    '"INFINITE"',
    '1e999',
  );

const whole = fc
  .tuple(
    fc.constantFrom([1, plain] as const, [1, cunning] as const, [2, table] as const),
    fc.constantFrom(undefined, OTHER_SECRET),
  )
  .chain(([[format, form], secret]) => form.map((value) => seal(format, Buffer.from(text(value)), secret)));
const broken = fc.tuple(whole, fc.nat(), fc.constantFrom('cut', 'flip', 'append', 'twice')).map(([bytes, at, how]) => {
  const index = at % bytes.length;
  if (how === 'cut') return bytes.subarray(0, index);
  if (how === 'append') return Buffer.concat([bytes, Buffer.alloc(index, at)]);
  if (how === 'twice') return Buffer.concat([bytes, bytes]);
  const flipped = Buffer.from(bytes);
  flipped[index] = (flipped[index] ?? 0) ^ (1 << (at & 7));
  return flipped;
});

describe('a history that somebody wrote who wants harm', () => {
  it('makes no client fail, and none connect to a host that discovery did not list', async () => {
    const refused = allHeard('sess:client:history-refused');
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, broken), fc.constantFrom(undefined, SECRET), async (history, historySecret) => {
        const cluster = await fakeCluster([]);
        const { network, clock } = cluster;
        const key = historySeals(historySecret === undefined ? [] : [historySecret])[0]?.key ?? '';
        const bytes = encodeRecord(history, BigInt(clock.now()) << 16n, 0);
        for (const place of [A, B]) network.at(place).store('set', key, bytes, { ttlSeconds: 0, flags: RECORD_FLAGS });
        const told = refused.length;
        const { client } = await join(cluster, [A, B], historySecret === undefined ? {} : { historySecret });
        try {
          await clock.pass(5_000);
          await client.set('key', 'a session', { ttlSeconds, expect: 'absent' });
          expect((await client.get('key'))?.value.toString()).toBe('a session');
          // A history may say that something is missing from it: then nobody is told that there is no session.
          const missing = await client.get('nothing').catch((error: unknown) => error);
          if (missing !== undefined) expect(missing).toMatchObject({ code: 'SESS_UNAVAILABLE' });
          expect([...new Set(network.opened.map(({ id }) => id))].filter((id) => id !== A && id !== B)).toEqual([]);
          // Who has a secret believes nobody else, and says so.
          if (historySecret !== undefined) expect(refused.length).toBeGreaterThan(told);
        } finally {
          client.destroy();
        }
      }),
      // The same ones on each machine.
      { numRuns: RUNS, seed: 2_026 },
    );
    // Else the histories of this test would not be as wrong as they are meant to be; or all of them.
    expect(new Set(refused.map(({ fault }) => fault))).toEqual(new Set(['format', 'signature', 'content']));
  });

  it.each<[string, Buffer]>([
    ['100,000 nodes', hugeView(100_000)],
    ['as many nodes as fit into a record', hugeView(1_024)],
    [
      '100,000 drains',
      Buffer.from(
        text({ ttl: 1, whole: true, views: [], drains: Array.from({ length: 100_000 }, () => [A, true, 1]) }),
      ),
    ],
    ['brackets without end', Buffer.from('['.repeat(500_000))],
    [
      'a name of 400 kB',
      Buffer.from(text({ ttl: 1, whole: true, views: [{ n: [['a'.repeat(400_000), 1]] }], drains: [] })),
    ],
  ])('costs little time: %s', async (_, json) => {
    for (const format of [1, 2]) {
      const cluster = await fakeCluster([]);
      const bytes = encodeRecord(seal(format, json, undefined), BigInt(cluster.clock.now()) << 16n, 0);
      const key = historySeals([])[0]?.key ?? '';
      for (const place of [A, B])
        cluster.network.at(place).store('set', key, bytes, { ttlSeconds: 0, flags: RECORD_FLAGS });
      const discovery = new FakeDiscovery();
      const { clock, network } = cluster;
      const client = createClient({ discovery, transport: network, clock, random: () => 0.5 });
      onTestFinished(() => client.destroy());
      const began = process.cpuUsage();
      discovery.report(A, B);
      await settled();
      await clock.pass(30_000);
      expect(await client.get('key')).toBeUndefined();
      // A fraction of a second, on any machine: what grows with a square would take minutes.
      expect(process.cpuUsage(began).user).toBeLessThan(10_000_000);
      expect([...new Set(network.opened.map(({ id }) => id))].toSorted()).toEqual([A, B]);
    }
  });
});

function hugeView(count: number): Buffer {
  const list = Array.from({ length: count }, (_, at) => [`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:11211`, 1]);
  const view = { n: list, c: 'discovery', s: NOW, t: NOW };
  return Buffer.from(text({ ttl: 60, whole: true, views: [view], drains: [] }));
}
