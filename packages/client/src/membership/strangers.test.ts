import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { histories } from '../../test/history-arbitrary.ts';
import type { ClusterNode } from '../cluster.ts';
import { decode, encodeRecord, RECORD_FLAGS } from '../record.ts';
import { encodeHistory } from './history-codec.ts';
import { historySeals, type HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, viewId, type History, type ViewEntry } from './history.ts';
import { isUsedByStrangers, type StrangersSetup } from './strangers.ts';

const NOW = 1_900_000_000_000;
const HOUR_MS = 3_600_000;
const [OWN] = historySeals(['the secret of this very application']) as [HistorySeal];
const [THEIRS] = historySeals(['the secret of the admin pages of it']) as [HistorySeal];
const [A, B] = ['10.0.0.1:11211', '10.0.0.2:11211'] as const;

/** A node that holds these histories, and counts what is read. */
class HoldingNode {
  readonly id: string;
  readonly read: string[] = [];
  readonly #histories: ReadonlyMap<string, Buffer>;

  constructor(id: string, held: ReadonlyMap<string, Buffer>) {
    this.id = id;
    this.#histories = held;
  }

  getEntry(key: string): Promise<unknown> {
    this.read.push(key);
    const history = this.#histories.get(key);
    if (history === undefined) return Promise.resolve(undefined);
    const value = encodeRecord(history, 1n, 0);
    const item = { value, flags: RECORD_FLAGS, cas: { unique: 1, epoch: 1 }, ttlSeconds: -1 };
    return Promise.resolve(decode(item, { id: this.id }));
  }
}

function ask(
  node: HoldingNode,
  others: readonly HoldingNode[],
  keys: readonly string[],
  since: StrangersSetup['since'],
): Promise<boolean> {
  const all = others as unknown as readonly ClusterNode[];
  return isUsedByStrangers(node as unknown as ClusterNode, all, keys, { seals: [OWN], since, now: NOW }, undefined);
}

function isUsed(bytes: Buffer, since: StrangersSetup['since']): Promise<boolean> {
  return ask(new HoldingNode(A, new Map([[THEIRS.key, bytes]])), [], [OWN.key, THEIRS.key], since);
}

/** `count` views, each of A or of B, and of others. */
function views(count: number, confirmedAt: number, first: string, distribution = ''): History {
  const entries = Array.from({ length: count }, (_, at): [string, ViewEntry] => {
    const ids = [first, ...Array.from({ length: 8 }, (__, number) => `10.1.${at}.${number}:11211`)];
    const entry: ViewEntry = {
      nodes: ids.map((id) => ({ id, weight: 1 })),
      copies: 1,
      distribution,
      cause: 'discovery',
      since: 0,
      confirmedAt,
      ttlSeconds: 60,
    };
    return [viewId(entry), entry];
  });
  return { ...EMPTY_HISTORY, views: new Map(entries) };
}

describe('clients with another history', () => {
  it.each([
    ['few views', 2, ''],
    ['a table of views', 70, ''],
    ['a table of views whose order matters', 70, 'ordered-0123456789ab'],
  ])('use a node that a view of theirs names, if it was confirmed lately: %s', async (_, count, distribution) => {
    const since = NOW - 30_000;
    expect(await isUsed(encodeHistory(views(count, NOW, A, distribution), THEIRS), since)).toBe(true);
    expect(await isUsed(encodeHistory(views(count, since - 1, A, distribution), THEIRS), since)).toBe(false);
    expect(await isUsed(encodeHistory(views(count, NOW, B, distribution), THEIRS), since)).toBe(false);
  });

  it('share it as long as records of theirs may live there, whatever it is named', async () => {
    const since = 'while its records live';
    const last = NOW - 60_000 - HOUR_MS;
    expect(await isUsed(encodeHistory(views(70, last, B), THEIRS), since)).toBe(true);
    expect(await isUsed(encodeHistory(views(70, last - 1, B), THEIRS), since)).toBe(false);
    expect(await isUsed(Buffer.from('something of a later version'), since)).toBe(true);
  });

  it('are found by what they write, whatever else is in it', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat({ max: 9 }), async (history, since) => {
        const expected = [...history.views.values()].some(
          ({ confirmedAt, nodes }) => confirmedAt >= since && nodes.some(({ id }) => id === A),
        );
        expect(await isUsed(encodeHistory(history, THEIRS), since)).toBe(expected);
      }),
    );
  });
});

describe('somebody who writes histories under keys of no client', () => {
  const bits = Buffer.alloc(128, 255);
  const huge = JSON.stringify({
    ttl: 60,
    whole: true,
    drains: [],
    nodes: Array.from({ length: 1_024 }, (_, at) => [`${`h${at}-`.padEnd(60, 'x')}.yyyy:1`, 1]),
    distributions: [''],
    views: Array.from({ length: 2_000 }, (_, at) => {
      bits.writeUInt16LE(at);
      return [bits.toString('base64'), 1, 0, 0, 0, 1, 1];
    }),
  });
  const bytes = Buffer.concat([Buffer.from([0xe5, 0x48, 0x02, 0x00]), Buffer.alloc(32), Buffer.from(huge)]);

  it('costs a look at names and times', async () => {
    const keys = Array.from({ length: 10 }, (_, at) => `@sess/history/${at}`);
    const node = new HoldingNode(A, new Map(keys.map((key) => [key, bytes])));
    const before = process.cpuUsage();
    expect(await ask(node, [node], keys, NOW - 30_000)).toBe(false);
    // Took more than a second for each.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it('has no more read than 64 of them: then the node counts as used', async () => {
    const keys = Array.from({ length: 10_000 }, (_, at) => `@sess/history/${at}`);
    const small = encodeHistory(views(1, 1, B), THEIRS);
    const node = new HoldingNode(A, new Map(keys.map((key) => [key, small])));
    for (const since of [NOW - 30_000, 'while its records live'] as const) {
      expect(await ask(node, [], keys, since)).toBe(true);
      expect(node.read.length).toBe(64);
      node.read.splice(0);
    }
  });

  it('has no more than a quarter of a gigabyte read, on all nodes together', async () => {
    const keys = Array.from({ length: 60 }, (_, at) => `@sess/history/${at}`);
    const node = new HoldingNode(A, new Map(keys.map((key) => [key, bytes])));
    const others = Array.from({ length: 1_000 }, () => node);
    expect(await ask(node, others, keys, NOW - 30_000)).toBe(true);
    expect(node.read.length).toBe(Math.ceil((256 * 1024 * 1024) / bytes.length));
  });
});
