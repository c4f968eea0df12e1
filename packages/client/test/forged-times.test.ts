/** Times in a history that nobody signed, as somebody writes them who wants harm; and as a fast clock writes them. */
import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { historySeals } from '../src/membership/history-seal.ts';
import type { ClientOptions } from '../src/options.ts';
import { encodeRecord, RECORD_FLAGS } from '../src/record.ts';
import { A, B, fakeCluster, join, type FakeCluster } from './fake-cluster.ts';
import { allHeard } from './heard.ts';

const SECRET = 'the secret of the shop, which its servers have';
const [HOUR, DAY] = [3_600_000, 86_400_000];
const YEARS = 10 * 365 * DAY;
/** From a confirmation until no client acts on the view: three intervals of a second, and five for the clocks. */
const AGREED = 8_000;
const ttlSeconds = 60;

type Fields = Record<string, unknown>;

/** Writes a history of A and B onto both. */
function plant({ network, clock }: FakeCluster, fields: Fields, view: Fields = {}, secret?: string): void {
  const now = clock.now();
  const nodes = [A, B].map((id) => [id, 1]);
  const views = [{ n: nodes, k: 1, d: '', c: 'discovery', s: now - 1, t: now, l: ttlSeconds, ...view }];
  const json = Buffer.from(
    JSON.stringify({ ttl: ttlSeconds, whole: true, by: 2, marks: true, drains: [], views, ...fields }),
  );
  const [seal] = historySeals(secret === undefined ? [] : [secret]);
  const history = Buffer.concat([Buffer.from([0xe5, 0x48, 0x01, 0x00]), seal?.sign(json) ?? Buffer.alloc(32), json]);
  const bytes = encodeRecord(history, BigInt(now) << 16n, 0);
  for (const place of [A, B])
    network.at(place).store('set', seal?.key ?? '', bytes, { ttlSeconds: 0, flags: RECORD_FLAGS });
}

/** The code of a write by a process that starts now, or `stored`. */
async function writes(cluster: FakeCluster, options: Partial<ClientOptions> = {}): Promise<string> {
  const { client } = await join(cluster, [A, B], options);
  await cluster.clock.pass(2_000);
  const outcome = await client.set('key', 'value', { ttlSeconds }).then(
    () => 'stored',
    (error: unknown) => (error as { code: string }).code,
  );
  await client.close();
  return outcome;
}

const unknown = { d: 'ordered-abcdefabcdef' };

describe('a view of a distribution that nobody knows, in a history that is not signed', () => {
  it('stops no write by a time ahead of the clock, today or tomorrow', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, {}, { ...unknown, t: cluster.clock.now() + 23 * HOUR });
    for (const after of [0, HOUR, 10 * HOUR]) {
      await cluster.clock.pass(after);
      expect(await writes(cluster)).toBe('stored');
    }
  });

  it('stops no write by the time until which its client may have acted on it', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, {}, { ...unknown, u: cluster.clock.now() + 29 * DAY });
    expect(await writes(cluster)).toBe('SESS_UNAVAILABLE');
    await cluster.clock.pass(AGREED);
    expect(await writes(cluster)).toBe('stored');
  });

  it('stops writes while somebody confirms it, by whatever clock, and says what to do', async () => {
    for (const aheadMs of [0, HOUR]) {
      const cluster = await fakeCluster([]);
      const { client } = await join(cluster, [A, B]);
      for (let round = 0; round < 3; round += 1) {
        plant(cluster, {}, { ...unknown, t: cluster.clock.now() + aheadMs });
        await cluster.clock.pass(2_000);
      }
      await expect(client.set('key', 'value', { ttlSeconds })).rejects.toMatchObject({
        code: 'SESS_UNAVAILABLE',
        message: expect.stringMatching(/not signed.*historySecret.*delete the keys/u) as unknown,
      });
      await cluster.clock.pass(AGREED);
      await client.set('key', 'value', { ttlSeconds });
    }
  });

  it('stops writes of a client that trusts its history, which is signed', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, {}, { ...unknown, t: cluster.clock.now() + HOUR }, SECRET);
    expect(await writes(cluster, { historySecret: SECRET })).toBe('SESS_UNAVAILABLE');
  });
});

describe('a history that is not signed', () => {
  it('has nobody told that views are missing for longer than records live', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, { truncated: cluster.clock.now() + YEARS });
    const { client } = await join(cluster, [A, B]);
    await cluster.clock.pass(2_000);
    // Until it knows for how long records live.
    await client.set('key', 'value', { ttlSeconds });
    await cluster.clock.pass(2_000);
    expect(await client.get('nothing')).toBeUndefined();
  });

  it('has nobody told so by views of so many distributions that they do not fit', async () => {
    const refused = allHeard('sess:client:history-refused');
    const cluster = await fakeCluster([]);
    const now = cluster.clock.now();
    const views = Array.from({ length: 64 }, (_, at) => ({
      n: [[A, 1]],
      k: 1,
      d: `${at}`.padStart(12, '0'),
      c: 'discovery',
      s: now,
      t: now,
      l: YEARS / 1000,
    }));
    plant(cluster, { views });
    const { client } = await join(cluster, [A, B]);
    await cluster.clock.pass(2_000);
    expect(refused[0]?.detail).toContain('64 distributions');
    expect(await client.get('nothing')).toBeUndefined();
  });

  it.each([1, YEARS / 1000])('is not believed because of a time to live that it states: %i s', async (forged) => {
    const cluster = await fakeCluster([]);
    plant(cluster, { truncated: cluster.clock.now() + 100 * DAY }, { l: forged });
    const { client } = await join(cluster, [A, B]);
    await cluster.clock.pass(2_000);
    await expect(client.get('nothing')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    await client.set('key', 'value', { ttlSeconds });
    await cluster.clock.pass(2_000);
    expect(await client.get('nothing')).toBeUndefined();
  });

  it('has everybody told for as long, and what to do about it', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, { truncated: cluster.clock.now() + HOUR });
    const { client } = await join(cluster, [A, B]);
    await cluster.clock.pass(2_000);
    await client.set('key', 'value', { ttlSeconds });
    await expect(client.get('nothing')).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      message: expect.stringMatching(/not signed.*historySecret.*delete the keys/u) as unknown,
    });
    await cluster.clock.pass(HOUR);
    expect(await client.get('nothing')).toBeUndefined();
  });

  it('keeps no view open for longer than any session lives', async () => {
    const cluster = await fakeCluster([]);
    plant(cluster, {}, { n: [[A, 1]], l: YEARS / 1000 });
    const { client } = await join(cluster, [A, B]);
    await cluster.clock.pass(2_000);
    const [handover] = client.handovers;
    expect(handover?.until).toBeGreaterThan(cluster.clock.now() + 399 * DAY);
    expect(handover?.until).toBeLessThan(cluster.clock.now() + 401 * DAY);
  });

  it('is written seldom by a client whose records live longer than that', async () => {
    const cluster = await fakeCluster([]);
    const { client } = await join(cluster, [A, B], { distribution: ketama });
    await client.set('key', 'value', { ttlSeconds: 5 * 365 * 86_400 });
    await cluster.clock.pass(10_000);
    const held = (): (string | undefined)[] => [A, B].map((id) => tokenOn(cluster, id));
    const before = held();
    await cluster.clock.pass(10_000);
    expect(held()).toEqual(before);
  });
});

function tokenOn({ network }: FakeCluster, id: string): string | undefined {
  return network
    .at(id)
    .get(historySeals([])[0]?.fenceKey ?? '')
    ?.value.toString('hex');
}
