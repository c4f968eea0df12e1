import { createHmac } from 'node:crypto';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { histories } from '../../test/history-arbitrary.ts';
import { decodeHistory, encodeHistory, MAX_HISTORY_BYTES, MAX_NODES, MAX_VIEWS } from './history-codec.ts';
import { EMPTY_HISTORY, viewId, type DrainMark, type History, type ViewEntry } from './history.ts';

const SECRET = 'a secret of the cluster';

describe('a history as bytes', () => {
  it('comes back as it was, with a secret and without', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(undefined, SECRET), (history, secret) => {
        expect(decodeHistory(encodeHistory(history, secret), secret)).toEqual(history);
      }),
    );
  });

  it('is not believed when another secret signed it, or none, or a byte was changed', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 255 }), (history, at, change) => {
        const bytes = encodeHistory(history, SECRET);
        expect(decodeHistory(bytes, 'another secret')).toBeUndefined();
        expect(decodeHistory(bytes, undefined)).toBeUndefined();
        expect(decodeHistory(encodeHistory(history, undefined), SECRET)).toBeUndefined();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        expect(decodeHistory(bytes, SECRET)).toBeUndefined();
      }),
    );
  });

  it('is refused, never thrown at, when it is anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeHistory(Buffer.from(bytes), undefined)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeHistory(signed(JSON.stringify(value)), SECRET)).toBeUndefined();
      }),
    );
  });

  const good = { n: [['a:1', 1]], c: 'discovery', s: 1, t: 2 };
  it.each<[string, unknown]>([
    ['no JSON', 'not quite {'],
    ['a time to live that is no number', { ttl: '60', views: [], drains: [] }],
    ['a negative time to live', { ttl: -1, views: [], drains: [] }],
    ['a time to live beyond ten years', { ttl: 400_000_000, views: [], drains: [] }],
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
    ['a time that is none', { ttl: 1, whole: true, views: [{ ...good, t: 2 ** 48 }], drains: [] }],
    [
      'too many views',
      { ttl: 1, whole: true, views: Array.from({ length: MAX_VIEWS + 1 }, (_, port) => ({ ...good, n: [[`a:${port}`, 1]] })), drains: [] },
    ],
    ['a drain of nothing', { ttl: 1, whole: true, views: [good], drains: [['', true, 1]] }],
    ['a drain that is neither', { ttl: 1, whole: true, views: [good], drains: [['a:1', 'yes', 1]] }],
  ])('is refused whole when it has %s', (_, value) => {
    expect(decodeHistory(signed(JSON.stringify({ ttl: 1, whole: true, views: [good], drains: [] })), SECRET)).toBeDefined();
    expect(decodeHistory(signed(typeof value === 'string' ? value : JSON.stringify(value)), SECRET)).toBeUndefined();
  });

  it('is refused when it is larger than any should be', () => {
    expect(decodeHistory(signed(`{"ttl":1,"views":[],"drains":[]${' '.repeat(MAX_HISTORY_BYTES)}}`), SECRET)).toBeUndefined();
  });
});

describe('a history that has grown too large to keep', () => {
  it('keeps the views confirmed last, as many as are read again', () => {
    const history = withViews(MAX_VIEWS + 10, 1);
    const kept = decodeHistory(encodeHistory(history, SECRET), SECRET);
    expect(kept?.views.size).toBe(MAX_VIEWS);
    expect(Math.min(...[...(kept?.views.values() ?? [])].map(({ confirmedAt }) => confirmedAt))).toBe(10);
  });

  it('keeps fewer views of a large cluster: what is written can be read', () => {
    const kept = decodeHistory(encodeHistory(withViews(MAX_VIEWS, MAX_NODES), SECRET), SECRET);
    expect(kept?.views.size).toBeGreaterThan(1);
    expect(kept?.views.size).toBeLessThan(MAX_VIEWS);
    expect([...(kept?.views.values() ?? [])].some(({ confirmedAt }) => confirmedAt === MAX_VIEWS - 1)).toBe(true);
  });

  it('keeps the drains that were said last', () => {
    const drains = new Map(Array.from({ length: MAX_NODES + 5 }, (_, at): [string, DrainMark] => [`node-${at}:1`, { drained: true, at }]));
    const kept = decodeHistory(encodeHistory({ ...EMPTY_HISTORY, drains }, SECRET), SECRET);
    expect(kept?.drains.size).toBe(MAX_NODES);
    expect(kept?.drains.has('node-4:1')).toBe(false);
    expect(kept?.drains.has(`node-${MAX_NODES + 4}:1`)).toBe(true);
  });
});

function withViews(count: number, nodesInEach: number): History {
  const views = Array.from({ length: count }, (_, at): [string, ViewEntry] => {
    const nodes = Array.from({ length: nodesInEach }, (__, number) => ({ id: `10.${at}.${number >> 8}.${number & 255}:11211`, weight: 1 }));
    return [viewId(nodes), { nodes, cause: 'discovery', since: 0, confirmedAt: at }];
  });
  return { ...EMPTY_HISTORY, views: new Map(views) };
}

function signed(json: string): Buffer {
  return Buffer.concat([Buffer.from([0xe5, 0x48, 0x01, 0x00]), createHmac('sha256', SECRET).update(json).digest(), Buffer.from(json)]);
}
