/** The list of nodes changes often while sessions live long: more views are open than once fitted into a history. */
import { describe, expect, inject, it } from 'vitest';

import { partyOfEachTest } from './party.ts';

const CHANGES = 70;
const ttlSeconds = 86_400;
const KEYS = Array.from({ length: 40 }, (_, number) => `user/${number}`);

const party = partyOfEachTest();

describe.each(inject('mainRuntimes'))('many open views (%s)', (runtime) => {
  it('have a process that starts find every session of the first', { timeout: 120_000 }, async () => {
    const options = { copies: 1, historySecret: 'a secret of at least thirty-two bytes' };
    const [, ids] = await party.startNodes(runtime, 8);
    const [first, all] = [ids.slice(0, 4), ids.slice(0, 8)];
    const { client, discovery } = await party.join(first, options);
    for (const key of KEYS) await client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    for (let change = 1; change <= CHANGES; change += 1) {
      // Each another set of nodes; the first of all stays.
      const listed = all.filter((__, at) => at === 0 || ((change >> (at - 1)) & 1) === 1);
      discovery.report(...listed);
      await client.set('another', 'x', { ttlSeconds });
    }
    discovery.report(...all);
    await client.set('another', 'x', { ttlSeconds });
    expect(client.handovers.length).toBeGreaterThanOrEqual(CHANGES - 1);
    const late = await party.join(all, options);
    expect(late.client.handovers.length).toBe(client.handovers.length);
    for (const key of KEYS) expect((await late.client.get(key))?.value.toString()).toBe('login');
  });
});
