import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeHistory } from '../../test/decoded-history.ts';
import { histories } from '../../test/history-arbitrary.ts';
import { HistoryRefused, MAX_NODES } from './history-checks.ts';
import { MAX_HISTORY_BYTES } from './history-bytes.ts';
import { encodeHistory } from './history-codec.ts';
import { MAX_PLAIN_VIEWS } from './plain-views.ts';
import { MAX_TABLE_VIEWS } from './view-table.ts';
import { historySeals, type HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, viewId, type DrainMark, type History, type ViewEntry } from './history.ts';

const SECRET = sealOf('a secret that all clients of the cluster have');
const OTHER_SECRET = sealOf('the secret of another application altogether');
const UNSIGNED = sealOf();
const NOW = 1_900_000_000_000;
const DAY = 86_400_000;

describe('a history as bytes', () => {
  it('comes back as it was, with a secret and without', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(UNSIGNED, SECRET), (history, secret) => {
        expect(read(encodeHistory(history, secret), secret)).toEqual(history);
      }),
    );
  });

  it('is not believed when another secret signed it, or none, or a byte was changed', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 255 }), (history, at, change) => {
        const bytes = encodeHistory(history, SECRET);
        expect(read(bytes, OTHER_SECRET)).toBeUndefined();
        expect(read(bytes, UNSIGNED)).toBeUndefined();
        expect(read(encodeHistory(history, UNSIGNED), SECRET)).toBeUndefined();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        expect(read(bytes, SECRET)).toBeUndefined();
      }),
    );
  });

  it('is refused, never thrown at, when it is anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(read(Buffer.from(bytes), UNSIGNED)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(read(signed(JSON.stringify(value)), SECRET)).toBeUndefined();
      }),
    );
  });

  const good = { n: [['a:1', 1]], c: 'discovery', s: 1, t: 2 };
  it.each<[string, unknown]>([
    ['no JSON', 'not quite {'],
    ['JSON without an end', '['.repeat(50_000)],
    ['a time to live that is no number', { ttl: '60', views: [], drains: [] }],
    ['a negative time to live', { ttl: -1, views: [], drains: [] }],
    ['a time to live beyond ten years', { ttl: 315_360_001, whole: true, views: [], drains: [] }],
    ['no views', { ttl: 1, whole: true, drains: [] }],
    ['no drains', { ttl: 1, whole: true, views: [] }],
    ['a view without nodes', { ttl: 1, whole: true, views: [{ ...good, n: [] }], drains: [] }],
    [
      'a node twice',
      {
        ttl: 1,
        whole: true,
        views: [
          {
            ...good,
            n: [
              ['a:1', 1],
              ['a:1', 2],
            ],
          },
        ],
        drains: [],
      },
    ],
    ['a node without a port', { ttl: 1, whole: true, views: [{ ...good, n: [['a', 1]] }], drains: [] }],
    ['a name with a space', { ttl: 1, whole: true, views: [{ ...good, n: [['a b:1', 1]] }], drains: [] }],
    ['a weight of nothing', { ttl: 1, whole: true, views: [{ ...good, n: [['a:1', 0]] }], drains: [] }],
    ['an unknown cause', { ttl: 1, whole: true, views: [{ ...good, c: 'whim' }], drains: [] }],
    ['a time that is none', { ttl: 1, whole: true, views: [{ ...good, t: '2' }], drains: [] }],
    ['a time between two milliseconds', { ttl: 1, whole: true, views: [{ ...good, s: 1.5 }], drains: [] }],
    [
      'a confirmation in the year 10889',
      { ttl: 1, whole: true, views: [{ ...good, t: 281_474_976_710_655 }], drains: [] },
    ],
    ['a beginning more than a day ahead', { ttl: 1, whole: true, views: [{ ...good, s: NOW + DAY + 1 }], drains: [] }],
    ['a drain more than a day ahead', { ttl: 1, whole: true, views: [good], drains: [['a:1', true, NOW + DAY + 1]] }],
    ['a drain with more than there is to say', { ttl: 1, whole: true, views: [good], drains: [['a:1', true, 1, 1]] }],
    ['a port past the last', { ttl: 1, whole: true, views: [{ ...good, n: [['a:99999', 1]] }], drains: [] }],
    ['port 0', { ttl: 1, whole: true, views: [{ ...good, n: [['a:0', 1]] }], drains: [] }],
    ['a port with zeros before it', { ttl: 1, whole: true, views: [{ ...good, n: [['a:011211', 1]] }], drains: [] }],
    ['an address out of range', { ttl: 1, whole: true, views: [{ ...good, n: [['300.0.0.1:1', 1]] }], drains: [] }],
    ['a host with a slash', { ttl: 1, whole: true, views: [{ ...good, n: [['a/b:1', 1]] }], drains: [] }],
    ['a user before the host', { ttl: 1, whole: true, views: [{ ...good, n: [['u@a:1', 1]] }], drains: [] }],
    ['an IPv6 address without brackets', { ttl: 1, whole: true, views: [{ ...good, n: [['::1:1', 1]] }], drains: [] }],
    ['brackets around a name', { ttl: 1, whole: true, views: [{ ...good, n: [['[a]:1', 1]] }], drains: [] }],
    [
      'a node twice, spelt otherwise',
      {
        ttl: 1,
        whole: true,
        views: [
          {
            ...good,
            n: [
              ['a.example:1', 1],
              ['A.example:1', 1],
            ],
          },
        ],
        drains: [],
      },
    ],
    [
      'a path too long for a socket',
      { ttl: 1, whole: true, views: [{ ...good, n: [[`/${'x'.repeat(107)}`, 1]] }], drains: [] },
    ],
    ['a weight below nothing', { ttl: 1, whole: true, views: [{ ...good, n: [['a:1', -1]] }], drains: [] }],
    ['a weight that is no number', { ttl: 1, whole: true, views: [{ ...good, n: [['a:1', '1']] }], drains: [] }],
    ['no weight', { ttl: 1, whole: true, views: [{ ...good, n: [['a:1']] }], drains: [] }],
    [
      'too many nodes',
      {
        ttl: 1,
        whole: true,
        views: [{ ...good, n: Array.from({ length: MAX_NODES + 1 }, (_, at) => [`a${at}:1`, 1]) }],
        drains: [],
      },
    ],
    [
      'too many drains',
      {
        ttl: 1,
        whole: true,
        views: [good],
        drains: Array.from({ length: MAX_NODES + 1 }, (_, at) => [`a${at}:1`, true, 1]),
      },
    ],
    ['a list instead of itself', []],
    ['nothing of it', null],
    [
      'too many views',
      {
        ttl: 1,
        whole: true,
        views: Array.from({ length: MAX_PLAIN_VIEWS + 1 }, (_, port) => ({ ...good, n: [[`a:${port + 1}`, 1]] })),
        drains: [],
      },
    ],
    ['a drain of nothing', { ttl: 1, whole: true, views: [good], drains: [['', true, 1]] }],
    ['a drain that is neither', { ttl: 1, whole: true, views: [good], drains: [['a:1', 'yes', 1]] }],
  ])('is refused whole when it has %s', (_, value) => {
    expect(read(signed(JSON.stringify({ ttl: 1, whole: true, views: [good], drains: [] })), SECRET)).toBeDefined();
    expect(read(signed(typeof value === 'string' ? value : JSON.stringify(value)), SECRET)).toBeUndefined();
  });

  it('takes the times of a clock that is wrong by a time zone', () => {
    const ahead = {
      ttl: 1,
      whole: true,
      views: [{ ...good, s: NOW + DAY, t: NOW + DAY }],
      drains: [['a:1', true, NOW + DAY]],
    };
    expect(read(signed(JSON.stringify(ahead)), SECRET)).toBeDefined();
  });

  it('takes no view for acted on longer than any machine sleeps, whatever its time', () => {
    const ahead = { ttl: 1, whole: true, views: [{ ...good, t: NOW, u: NOW + 1_000 * DAY }], drains: [] };
    const [view] = read(signed(JSON.stringify(ahead)), SECRET)?.views.values() ?? [];
    expect(view).toMatchObject({ confirmedAt: NOW, latest: NOW + 30 * DAY });
  });

  it('is refused when it is larger than any should be', () => {
    expect(read(signed(`{"ttl":1,"views":[],"drains":[]${' '.repeat(MAX_HISTORY_BYTES)}}`), SECRET)).toBeUndefined();
  });
});

describe('a history that has grown too large to keep', () => {
  it('keeps the views confirmed last, as many as are read again', () => {
    const history = withViews(MAX_TABLE_VIEWS + 10, 20, 'of one cluster');
    const kept = read(encodeHistory(history, SECRET), SECRET);
    expect(kept?.views.size).toBe(MAX_TABLE_VIEWS);
    expect(Math.min(...[...(kept?.views.values() ?? [])].map(({ confirmedAt }) => confirmedAt))).toBe(10);
  });

  it('keeps fewer views of a large cluster: what is written can be read', () => {
    const kept = read(encodeHistory(withViews(64, MAX_NODES), SECRET), SECRET);
    expect(kept?.views.size).toBeGreaterThan(1);
    expect(kept?.views.size).toBeLessThan(64);
    expect([...(kept?.views.values() ?? [])].some(({ confirmedAt }) => confirmedAt === 63)).toBe(true);
  });

  it('says until when those may be wanted that were left out', () => {
    const openUntil = ({ confirmedAt }: ViewEntry): number => NOW + confirmedAt;
    const whole = read(
      encodeHistory(withViews(MAX_TABLE_VIEWS, 20, 'of one cluster'), SECRET, { isForEarlier: false, openUntil }),
      SECRET,
    );
    expect(whole?.truncatedUntil).toBe(0);
    const truncated = read(
      encodeHistory(withViews(MAX_TABLE_VIEWS + 10, 20, 'of one cluster'), SECRET, { isForEarlier: false, openUntil }),
      SECRET,
    );
    expect(truncated?.truncatedUntil).toBe(NOW + 9);
  });

  it('holds a thousand views of three hundred nodes', () => {
    const history = withViews(1_000, 300, 'of one cluster');
    expect(history.views.size).toBe(1_000);
    const bytes = encodeHistory(history, SECRET);
    expect(bytes.length).toBeLessThan(150_000);
    expect(read(bytes, SECRET)).toEqual(history);
  });

  it('keeps the drains that were said last', () => {
    const drains = new Map(
      Array.from({ length: MAX_NODES + 5 }, (_, at): [string, DrainMark] => [
        `node-${at}:1`,
        { drained: true, isDone: false, began: at, at },
      ]),
    );
    const kept = read(encodeHistory({ ...EMPTY_HISTORY, drains }, SECRET), SECRET);
    expect(kept?.drains.size).toBe(MAX_NODES);
    expect(kept?.drains.has('node-4:1')).toBe(false);
    expect(kept?.drains.has(`node-${MAX_NODES + 4}:1`)).toBe(true);
  });
});

/** A history of views with disjoint nodes; or of views of one cluster, each of which lacks other nodes. */
function withViews(count: number, nodesInEach: number, of: 'its own' | 'of one cluster' = 'its own'): History {
  const views = Array.from({ length: count }, (_, at): [string, ViewEntry] => {
    const net = of === 'its own' ? `${10 + (at >> 8)}.${at & 255}` : '10.0';
    const all = Array.from({ length: nodesInEach }, (__, number) => ({
      id: `${net}.${number >> 8}.${number & 255}:11211`,
      weight: 1,
    }));
    const sorted = all.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const nodes = of === 'its own' ? all : sorted.filter((__, number) => number >= 13 || ((at >> number) & 1) === 0);
    const entry: ViewEntry = {
      nodes,
      copies: 1,
      distribution: '',
      cause: 'discovery',
      since: 0,
      confirmedAt: at,
      ...(at % 3 === 1 && { latest: at + 5 }),
      ttlSeconds: 60,
    };
    return [viewId(entry), entry];
  });
  return { ...EMPTY_HISTORY, views: new Map(views) };
}

function signed(json: string): Buffer {
  return Buffer.concat([Buffer.from([0xe5, 0x48, 0x01, 0x00]), SECRET.sign(Buffer.from(json)), Buffer.from(json)]);
}

function sealOf(...secrets: readonly string[]): HistorySeal {
  const [seal] = historySeals(secrets);
  if (seal === undefined) throw new Error('there is no seal');
  return seal;
}

/** `undefined`: it was rejected. */
function read(bytes: Buffer, seal: HistorySeal): History | undefined {
  try {
    return decodeHistory(bytes, seal, NOW, { copies: 2, distribution: '0123456789ab' }).history;
  } catch (error) {
    if (error instanceof HistoryRefused) return undefined;
    throw error;
  }
}
