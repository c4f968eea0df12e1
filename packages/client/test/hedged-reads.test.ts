/** With two copies, a node that hangs does not let everybody wait who asks it: the next copy is asked too. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import type { RequestMessage } from '../src/diagnostics.ts';
import { pause } from '../src/pause.ts';
import { systemClock } from '../src/clock.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes').filter((runtime) => runtime !== 'embedded');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 300 }, (_, number) => `session-${number}`);
const TIMEOUT_MS = 3_000;
/** Nothing but a tail that was waited for takes so long. */
const LONG_MS = TIMEOUT_MS / 2;

const party = partyOfEachTest();

async function fill(client: Client): Promise<void> {
  await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`, { ttlSeconds, expect: 'absent' })));
}

/** What each get found, and how long it took in milliseconds. */
async function readAll(
  client: Client,
): Promise<readonly { readonly value: string | undefined; readonly tookMs: number }[]> {
  return Promise.all(
    KEYS.map(async (key) => {
      const startedAt = performance.now();
      const record = await client.get(key);
      return { value: record?.value.toString(), tookMs: performance.now() - startedAt };
    }),
  );
}

describe.each(runtimes)('a node that hangs, with two copies (%s)', (runtime) => {
  it('is not waited for: the other copy answers, and nothing is missing', { timeout: 60_000 }, async () => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const [hung = ''] = ids;
    const { client } = await party.join(ids, {
      copies: 2,
      timeoutMs: TIMEOUT_MS,
      probeIntervalMs: 60_000,
      historyIntervalMs: 10_000,
    });
    await fill(client);
    for (let round = 0; round < 5; round += 1) await readSlowly(client);
    await cluster.pauseNode(hung);
    // Long before it is ejected.
    const rounds: (readonly { readonly value: string | undefined; readonly tookMs: number }[])[] = [];
    for (let round = 0; round < 10; round += 1) {
      rounds.push(await readSlowly(client));
    }
    await cluster.resumeNode(hung);
    const reads = rounds.flat();
    expect(reads.map(({ value }) => value)).toEqual(rounds.flatMap(() => KEYS.map((key) => `value of ${key}`)));
    // A third of them would have waited.
    expect(reads.filter(({ tookMs }) => tookMs >= LONG_MS).length).toBeLessThan(reads.length / 50);
  });
});

/** One after another, at a pace: nobody reads all in one moment. */
async function readSlowly(client: Client): ReturnType<typeof readAll> {
  const reads = [];
  for (const key of KEYS) {
    const startedAt = performance.now();
    reads.push(
      client.get(key).then((record) => ({ value: record?.value.toString(), tookMs: performance.now() - startedAt })),
    );
    if (reads.length % 10 === 0) await pause(systemClock, 5, undefined);
  }
  return Promise.all(reads);
}

describe('in quiet times', () => {
  it.each([
    [1, 0],
    [2, 0.02],
  ])('hardly any request is made twice (copies %i)', async (copies, share) => {
    const cluster = await party.start('embedded', 3);
    const { client } = await party.join(
      cluster.nodes.map(({ id }) => id),
      { copies },
    );
    await fill(client);
    await expect.poll(() => KEYS.every((key) => client.explain(key).mode === 'settled')).toBe(true);
    let requests = 0;
    const count = (message: unknown): void => {
      if ((message as RequestMessage).request === 'get') requests += 1;
    };
    let [rounds, beside] = [0, 0];
    subscribe('sess:client:request', count);
    try {
      for (; rounds < 10; rounds += 1) {
        const before = requests;
        await readAll(client);
        // What the history asks goes by the same channel, a few requests an interval.
        beside = Math.max(beside, requests - before - KEYS.length);
      }
    } finally {
      unsubscribe('sess:client:request', count);
    }
    const reads = rounds * KEYS.length;
    expect(requests).toBeGreaterThanOrEqual(reads);
    expect(requests).toBeLessThanOrEqual(reads * (1 + share) + (share > 0 ? 101 : 0) + 200);
  });
});
