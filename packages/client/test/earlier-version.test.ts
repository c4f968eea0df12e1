/**
 * A rolling upgrade: processes of the version before tables and fences run beside this one. The bytes below are what
 * such a process wrote; the rules are those by which it reads.
 */
import { ketama } from '@sess/hash-ring';
import { describe, expect, inject, it } from 'vitest';

import { encodeHistory } from '../src/membership/history-codec.ts';
import { historySeals, type HistorySeal } from '../src/membership/history-seal.ts';
import type { ViewEntry } from '../src/membership/history.ts';
import { decode, encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { decodeHistory } from './decoded-history.ts';
import { partyOfEachTest } from './party.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const [SIGNED, UNSIGNED] = [sealOf(SECRET), sealOf()];
const NOW = 1_900_000_000_000;
const JSON_AT = 36;
const MAX_BYTES = 262_144;
const MAX_VIEWS = 64;

/** Of nodes 10.0.0.1 to 10.0.0.3, 10.0.0.4 drained. */
const WRITTEN =
  '{"ttl":600,"whole":true,"views":[{"n":[["10.0.0.1:11211",1],["10.0.0.2:11211",1],["10.0.0.3:11211",1]],"k":2,"d":"0123456789ab","c":"drain","s":3000,"t":4000},' +
  '{"n":[["10.0.0.1:11211",1],["10.0.0.2:11211",1]],"k":1,"d":"","c":"discovery","s":1000,"t":2000}],"drains":[["10.0.0.4:11211",true,2500]]}';
const SIGNATURE = '8e7f4783062829c5883a622a9f33de6c84fd8e611eea77a9667a8131262df415';

function sealOf(...secrets: readonly string[]): HistorySeal {
  return historySeals(secrets)[0] as HistorySeal;
}

function writtenBefore(text: string, seal: HistorySeal): Buffer {
  return Buffer.concat([Buffer.from([0xe5, 0x48, 0x01, 0x00]), seal.sign(Buffer.from(text)), Buffer.from(text)]);
}

interface ReadBefore {
  readonly ttl: number;
  readonly whole: boolean;
  readonly views: readonly { readonly n: readonly (readonly [string, number])[]; readonly t: number }[];
}

/** As the earlier version reads; fails where it would refuse. What it does not know it passes over. */
function readBefore(bytes: Buffer, seal: HistorySeal): ReadBefore {
  expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
  expect([...bytes.subarray(0, 4)]).toEqual([0xe5, 0x48, 0x01, 0x00]);
  const json = bytes.subarray(JSON_AT);
  expect(bytes.subarray(4, JSON_AT)).toEqual(seal.sign(json));
  const { ttl, whole, views, drains } = JSON.parse(json.toString());
  expect([Number.isInteger(ttl), typeof whole, views.length <= MAX_VIEWS]).toEqual([true, 'boolean', true]);
  for (const { n, k, d, c, s, t } of views) {
    for (const [id, weight] of n) expect([typeof id, weight > 0]).toEqual(['string', true]);
    expect([1, 2, 3]).toContain(k);
    expect(d).toMatch(/^(?:|(?:ordered-)?[0-9a-f]{12})$/);
    expect(['discovery', 'node-down', 'node-recovered', 'drain']).toContain(c);
    expect([Number.isInteger(s), Number.isInteger(t)]).toEqual([true, true]);
  }
  for (const drain of drains) expect(drain).toEqual([expect.any(String), expect.any(Boolean), expect.any(Number)]);
  return { ttl, whole, views };
}

describe('a history of an earlier version', () => {
  it('is read, signed or not: what it does not say of a view is what it says of all', () => {
    for (const seal of [SIGNED, UNSIGNED]) {
      const { history, isFromEarlier } = decodeHistory(writtenBefore(WRITTEN, seal), seal, NOW, {
        copies: 1,
        distribution: '',
      });
      expect(isFromEarlier).toBe(true);
      expect(
        [...history.views.values()].map(({ ttlSeconds, copies, confirmedAt }) => [ttlSeconds, copies, confirmedAt]),
      ).toEqual([
        [600, 2, 4000],
        [600, 1, 2000],
      ]);
      expect([...history.drains]).toEqual([['10.0.0.4:11211', { drained: true, isDone: true, began: 2500, at: 2500 }]]);
    }
    expect(SIGNED.sign(Buffer.from(WRITTEN)).toString('hex')).toBe(SIGNATURE);
  });

  it('and what is added to it can be read by that version, short or long, as long as it is about', () => {
    const { history } = decodeHistory(writtenBefore(WRITTEN, SIGNED), SIGNED, NOW, { copies: 1, distribution: '' });
    const openUntil = ({ confirmedAt }: ViewEntry): number => NOW + confirmedAt;
    expect(readBefore(encodeHistory(history, SIGNED), SIGNED)).toMatchObject({ ttl: 600, whole: true });
    const [entry] = history.views.values();
    const many = Array.from({ length: 100 }, (_, at): [string, ViewEntry] => [
      `view ${at}`,
      { ...(entry as ViewEntry), confirmedAt: at },
    ]);
    const long = encodeHistory({ ...history, views: new Map(many) }, SIGNED, { isForEarlier: true, openUntil });
    // The latest; and this version knows that others are missing.
    expect(readBefore(long, SIGNED).views.map(({ t }) => t)).toEqual(
      Array.from({ length: MAX_VIEWS }, (_, at) => 99 - at),
    );
    expect(decodeHistory(long, SIGNED, NOW, { copies: 1, distribution: '' }).history.truncatedUntil).toBe(NOW + 35);
  });
});

async function put(node: NodeTransport, key: string, value: Buffer, flags: number): Promise<void> {
  await node.store('set', key, value, { ttlSeconds: 0, flags });
}

describe.each(inject('mainRuntimes'))('a process of an earlier version was here (%s)', (runtime) => {
  const party = partyOfEachTest();

  it('every session is found where it left it, and the history stays readable for it', async () => {
    const cluster = await party.start(runtime, 4);
    const [joining = '', ...before] = cluster.nodes.map(({ id }) => id);
    const now = Date.now();
    const views = [before, [joining, ...before]].map((ids, at) => ({
      n: ids.map((id) => [id, 1]),
      c: 'discovery',
      s: now - 9_000 + at,
      t: now - 1_000,
    }));
    const history = writtenBefore(JSON.stringify({ ttl: 600, whole: true, views, drains: [] }), SIGNED);
    for (const { id } of cluster.nodes)
      await put(party.directly(cluster, id), SIGNED.key, encodeRecord(history, 1n, 0), RECORD_FLAGS);
    const ring = ketama(before.map((id) => ({ id })));
    const keys = Array.from({ length: 30 }, (_, number) => `user/${number}`);
    for (const key of keys)
      await put(party.directly(cluster, ring.owner(key).id), key, encodeRecord('login', 2n, 600), RECORD_FLAGS);

    const { client } = await party.join([joining, ...before], { copies: 1, historySecret: SECRET });
    for (const key of keys) expect((await client.get(key))?.value.toString()).toBe('login');
    await client.set('another', 'x', { ttlSeconds: 900, expect: 'absent' });
    for (const { id } of cluster.nodes) {
      const item = await party.directly(cluster, id).get(SIGNED.key);
      if (item === undefined) throw new Error(`${id} has no history`);
      const entry = decode(item, { id });
      if (entry.kind !== 'record') throw new Error(`${id} has no history`);
      const { ttl, views: known } = readBefore(entry.value, SIGNED);
      expect(ttl).toBe(900);
      expect(known.map(({ n }) => n.length).toSorted((one, other) => one - other)).toEqual([3, 4]);
    }
  });
});
