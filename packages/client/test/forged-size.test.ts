/** The most expensive histories that fit into an item, on real nodes. */
import { describe, expect, inject, it } from 'vitest';

import { deriveHistorySecret, historySeals } from '../src/membership/history-seal.ts';
import { encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { allHeard } from './heard.ts';
import { partyOfEachTest } from './party.ts';

const ATTRIBUTES = { ttlSeconds: 0, flags: RECORD_FLAGS };
/** Each of them took several seconds. */
const MAX_CPU_US = 3_000_000;

const party = partyOfEachTest();

/** 2,000 views of a thousand nodes, in 449 kB. */
function hugeHistory(ttl: number): Buffer {
  const bits = Buffer.alloc(128, 255);
  const views = Array.from({ length: 2_000 }, (_, at) => {
    bits.writeUInt16LE(at);
    return [bits.toString('base64'), 1, 0, 0, 0, 1, 1];
  });
  const nodes = Array.from({ length: 1_024 }, (_, at) => [`${`h${at}-`.padEnd(60, 'x')}.yyyy:1`, 1]);
  const json = JSON.stringify({ ttl, whole: true, drains: [], nodes, distributions: [''], views });
  return Buffer.concat([Buffer.from([0xe5, 0x48, 0x02, 0x00]), Buffer.alloc(32), Buffer.from(json)]);
}

async function plant(node: NodeTransport, key: string, ttl: number): Promise<void> {
  const bytes = encodeRecord(hugeHistory(ttl), BigInt(Date.now()) << 16n, 0);
  expect(await node.store('set', key, bytes, ATTRIBUTES)).toBe('stored');
}

describe.each(inject('mainRuntimes'))('a history as large and as dense as an item can be (%s)', (runtime) => {
  it('is refused each time it is written, at little cost', { timeout: 60_000 }, async () => {
    const refused = allHeard('sess:client:history-refused');
    const [cluster, ids] = await party.startNodes(runtime, 1);
    const { client } = await party.join(ids, { copies: 1 });
    const node = party.directly(cluster, ids[0] ?? '');
    const key = historySeals([])[0]?.key ?? '';
    const before = process.cpuUsage();
    for (let round = 1; round <= 6; round += 1) {
      // Other bytes each time, and the same ones again.
      await plant(node, key, round % 5);
      const size = async (): Promise<number | undefined> => (await node.get(key))?.value.length;
      await expect.poll(size, { timeout: 10_000, interval: 10 }).toBeLessThan(1_000);
      await client.set(`key-${round}`, 'value', { ttlSeconds: 60 });
    }
    expect(process.cpuUsage(before).user).toBeLessThan(MAX_CPU_US);
    expect(refused[0]).toMatchObject({ fault: 'content' });
  });

  it('costs a drain little if it is not of the draining client', { timeout: 60_000 }, async () => {
    const [cluster, ids] = await party.startNodes(runtime, 2);
    const historySecret = deriveHistorySecret('the secret of the shop, which its servers have');
    const { client } = await party.join(ids, { copies: 1, historySecret });
    for (const id of ids) {
      const node = party.directly(cluster, id);
      for (let number = 0; number < 8; number += 1) await plant(node, `@sess/history/AAAAAAAAAAAAAAA${number}`, 60);
    }
    const before = process.cpuUsage();
    await expect(client.drain(ids[0] ?? '')).resolves.toMatchObject({ phase: 'done' });
    expect(process.cpuUsage(before).user).toBeLessThan(MAX_CPU_US);
  });
});
