/** Beside processes of an earlier version, which leave no marks, no handover is finished. */
import { describe, expect, inject, it } from 'vitest';

import { historySeals } from '../src/membership/history-seal.ts';
import { encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { heard } from './heard.ts';
import { partyOfEachTest } from './party.ts';

const INTERVAL_MS = 200;
/** So long after it was last seen to write, a process of an earlier version counts as gone. */
const EARLIER_FOR_MS = 30 * INTERVAL_MS;
const MARKS = Buffer.from('"marks":true,');
const HISTORY_KEY = historySeals([])[0]?.key ?? '';

const party = partyOfEachTest();

/** The history as a process writes it that leaves no marks. Whether it did: another may have been faster. */
async function writeAsEarlier(node: NodeTransport): Promise<boolean> {
  const item = await node.get(HISTORY_KEY);
  if (item === undefined) return false;
  const value = Buffer.from(item.value.subarray(16));
  const at = value.indexOf(MARKS);
  if (at === -1) return true;
  const without = Buffer.concat([value.subarray(0, at), value.subarray(at + MARKS.length)]);
  const version = item.value.readBigUInt64BE(4) + 1n;
  const bytes = encodeRecord(without, version, 0);
  const stored = await node.store({ cas: item.cas }, HISTORY_KEY, bytes, { ttlSeconds: 0, flags: RECORD_FLAGS });
  return stored === 'stored';
}

describe.each(inject('mainRuntimes'))('a handover beside a process of an earlier version (%s)', (runtime) => {
  it('is not finished until that has not written for thirty intervals', { timeout: 120_000 }, async () => {
    const [cluster, nodes] = await party.startNodes(runtime, 3);
    const { client, discovery } = await party.join(nodes.slice(0, 2), {
      copies: 1,
      historyIntervalMs: INTERVAL_MS,
      handover: { clockSkewMs: 0, finish: true },
    });
    for (let key = 0; key < 50; key += 1)
      await client.set(`user/${key}`, 'login', { ttlSeconds: 600, expect: 'absent' });
    const begun = heard('sess:client:handover', ({ phase }) => phase === 'begun');
    const done = heard('sess:client:handover', ({ phase }) => phase === 'done');
    const writtenAt = performance.now();
    // The client reads both when it hears of the third, or before, to write them again.
    for (const id of nodes.slice(0, 2)) {
      const node = party.directly(cluster, id);
      await expect.poll(() => writeAsEarlier(node)).toBe(true);
    }
    discovery.report(...nodes);
    await begun;
    expect(performance.now() - writtenAt).toBeGreaterThan(EARLIER_FOR_MS);
    await done;
    for (let key = 0; key < 50; key += 1) expect((await client.get(`user/${key}`))?.value.toString()).toBe('login');
  });
});
