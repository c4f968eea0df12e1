/** What it costs to read a history that anyone may have written, at once and altogether. */
import { describe, expect, it } from 'vitest';

import { decodeHistory as decodeAtOnce } from '../../test/decoded-history.ts';
import { HistoryRefused } from './history-checks.ts';
import { decodeHistory, encodeHistory, type Decoded } from './history-codec.ts';
import { historySeals, type HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, viewId, type ViewEntry } from './history.ts';

const NOW = 1_900_000_000_000;
const [UNSIGNED] = historySeals([]) as [HistorySeal];
const [SIGNED] = historySeals(['a secret that all clients of the cluster have']) as [HistorySeal];
const DEFAULTS = { copies: 1, distribution: '' };
/** Some hundred times as fast as before, on any machine. */
const MAX_STEP_US = 150_000;

/** `views` views of nearly all `nodes`, whose names have `length` characters. */
function table(nodes: number, views: number, length: number, view: readonly unknown[] = [1, 0, 0, 1, 2, 60]): string {
  const bits = Buffer.alloc(Math.ceil(nodes / 8), 255);
  if (nodes % 8 > 0) bits[bits.length - 1] = (1 << (nodes % 8)) - 1;
  const names = Array.from({ length: nodes }, (_, at) => `h${at}-`.padEnd(Math.min(60, length), 'x'));
  const labels = Array.from({ length: Math.floor(length / 61) }, () => 'y'.repeat(60));
  return JSON.stringify({
    ttl: 60,
    whole: true,
    drains: [],
    nodes: names.map((name) => [`${[name, ...labels].join('.').slice(0, length)}z:1`, 1]),
    distributions: [''],
    views: Array.from({ length: views }, (_, at) => {
      bits.writeUInt16LE(at % 65_536);
      return [bits.toString('base64'), ...view];
    }),
  });
}

function bytesOf(text: string, seal: HistorySeal, format: number): Buffer {
  const json = Buffer.from(text);
  return Buffer.concat([Buffer.from([0xe5, 0x48, format, 0x00]), seal.sign(json), json]);
}

interface Cost {
  readonly steps: number;
  /** Processor time of the longest step. */
  readonly longestUs: number;
  readonly views: number | undefined;
  readonly refusal: string | undefined;
}

function costOf(bytes: Buffer, seal: HistorySeal): Cost {
  const decoding = decodeHistory(bytes, seal, NOW, DEFAULTS);
  let longestUs = 0;
  for (let steps = 1; ; steps += 1) {
    const before = process.cpuUsage();
    const outcome = nextOf(decoding);
    longestUs = Math.max(longestUs, process.cpuUsage(before).user);
    if (outcome instanceof HistoryRefused) return { steps, longestUs, views: undefined, refusal: outcome.message };
    if (outcome !== undefined) return { steps, longestUs, views: outcome.history.views.size, refusal: undefined };
  }
}

/** `undefined`: it is not at its end. */
function nextOf(decoding: Generator<void, Decoded>): Decoded | HistoryRefused | undefined {
  try {
    const step = decoding.next();
    return step.done === true ? step.value : undefined;
  } catch (error) {
    if (error instanceof HistoryRefused) return error;
    throw error;
  }
}

describe('a history that is read', () => {
  it.each<[string, HistorySeal, string, number]>([
    ['a thousand views of three hundred nodes, signed', SIGNED, table(300, 1_000, 20), 20],
    ['as many nodes as a signed history may have', SIGNED, table(1_024, 510, 50), 20],
    ['as many nodes as an unsigned history may have', UNSIGNED, table(1_024, 64, 50), 5],
  ])('gives the event loop many turns: %s', (_, seal, json, leastSteps) => {
    const { steps, longestUs, views } = costOf(bytesOf(json, seal, 2), seal);
    expect(views).toBe((JSON.parse(json) as { views: readonly unknown[] }).views.length);
    expect(steps).toBeGreaterThan(leastSteps);
    expect(longestUs).toBeLessThan(MAX_STEP_US);
  });

  it.each<[string, HistorySeal, string, string]>([
    ['1,250 views of 900 nodes with long names', UNSIGNED, table(900, 1_250, 230), 'nodes'],
    ['2,000 views of 1,024 nodes', UNSIGNED, table(1_024, 2_000, 50), 'nodes'],
    ['the same, signed', SIGNED, table(1_024, 2_000, 50), 'nodes'],
    ['64 views of 1,024 nodes with long names', UNSIGNED, table(1_024, 64, 230), 'characters'],
    ['brackets in brackets', UNSIGNED, '['.repeat(250_000) + ']'.repeat(250_000), 'more parts'],
    ['objects in objects', UNSIGNED, '{"a":'.repeat(80_000) + '0'.padEnd(80_000, '}'), 'more parts'],
    ['many lists', UNSIGNED, `{"views":[${'[],'.repeat(150_000)}0]}`, 'more parts'],
    ['many objects', UNSIGNED, `{"views":[${'{"a":1},'.repeat(50_000)}0]}`, 'more parts'],
    ['many fields', UNSIGNED, `{${Array.from({ length: 40_000 }, (_, at) => `"${at}":1`).join()}}`, 'more parts'],
  ])('is refused before it costs much: %s', (_, seal, json, reason) => {
    const { longestUs, refusal } = costOf(bytesOf(json, seal, 2), seal);
    expect(refusal).toContain(reason);
    expect(longestUs).toBeLessThan(MAX_STEP_US);
  });

  it('is counted before a view of it is looked at', () => {
    const json = table(1_024, 65, 20, ['each of these', 'is', 'wrong', '', '', '']);
    expect(costOf(bytesOf(json, UNSIGNED, 2), UNSIGNED).refusal).toContain('too many');
    expect(costOf(bytesOf(json, SIGNED, 2), SIGNED).refusal).not.toContain('too many');
  });

  it('may have brackets and quotes in its strings', () => {
    const cluster = `"${'[{'.repeat(100)}\\"${'[{'.repeat(100)}"`;
    const json = `{"unknown":${cluster},"ttl":1,"whole":true,"views":[],"drains":[]}`;
    expect(costOf(bytesOf(json, UNSIGNED, 1), UNSIGNED).views).toBe(0);
  });
});

describe('the times to live in a history', () => {
  it.each([
    ['signed', SIGNED, 315_360_000],
    ['unsigned', UNSIGNED, 34_560_000],
  ])(
    'are at most those of records: ten years, and 400 days if anyone may have written it (%s)',
    (_, seal, expected) => {
      const [years, view] = [315_360_000, { n: [['a:1', 1]], c: 'discovery', s: 1, t: 2 }];
      const plain = JSON.stringify({ ttl: years, whole: true, drains: [], views: [view, { ...view, k: 2, l: years }] });
      for (const bytes of [bytesOf(plain, seal, 1), bytesOf(table(20, 2, 20, [1, 0, 0, 1, 2, years]), seal, 2)]) {
        const { history } = decodeAtOnce(bytes, seal, NOW, DEFAULTS);
        expect([...history.views.values()].map(({ ttlSeconds }) => ttlSeconds)).toEqual([expected, expected]);
      }
    },
  );
});

describe('a history that is written', () => {
  it.each<[string, HistorySeal, number, number]>([
    ['unsigned', UNSIGNED, 300, 300],
    ['signed', SIGNED, 1_000, 600],
  ])('has no more nodes than a reader accepts, and says what it leaves out: %s', (_, seal, views, nodes) => {
    const all = Array.from({ length: nodes }, (__, at) => ({ id: `10.0.${at >> 8}.${at & 255}:11211`, weight: 1 }));
    const entries = Array.from({ length: views }, (__, at): [string, ViewEntry] => {
      const entry: ViewEntry = {
        nodes: all.filter((___, number) => number >= 10 || ((at >> number) & 1) === 0),
        copies: 1,
        distribution: '',
        cause: 'discovery',
        since: 0,
        confirmedAt: at,
        ttlSeconds: 60,
      };
      return [viewId(entry), entry];
    });
    const { history } = decodeAtOnce(
      encodeHistory({ ...EMPTY_HISTORY, views: new Map(entries) }, seal),
      seal,
      NOW,
      DEFAULTS,
    );
    expect(history.views.size).toBeLessThan(views);
    expect(history.views.size).toBeGreaterThan(views / 2);
    expect(history.views.has(entries.at(-1)?.[0] ?? '')).toBe(true);
    expect(history.truncatedUntil).toBe(60_000 + views - history.views.size - 1);
  });
});
