/** A touch must not keep alive what was destroyed while its node was away. */
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { partyOfEachTest } from './party.ts';

const ttlSeconds = 600;
/** A node that hangs is soon known to be down, and so is that it is back. */
const PACE = { copies: 2, timeoutMs: 200, connectTimeoutMs: 200, probeIntervalMs: 50, failuresToEject: 2 };
const LONG = { timeout: 30_000 };

const party = partyOfEachTest();

async function untilHealth(client: Client, id: string, health: 'up' | 'down'): Promise<void> {
  await expect.poll(() => client.topology.states.get(id), LONG).toBe(health);
}

describe.each(inject('mainRuntimes'))('a touch (%s)', (runtime) => {
  it('is refused while the node is out of reach that knows of the deletion', { timeout: 120_000 }, async () => {
    const cluster = await party.start(runtime, 2);
    const [away = '', witness = ''] = cluster.nodes.map(({ id }) => id);
    const one = await party.join([away, witness], PACE);
    await one.client.set('key', 'value', { ttlSeconds, expect: 'absent' });
    await one.client.set('kept', 'value', { ttlSeconds, expect: 'absent' });
    await cluster.pauseNode(away);
    await untilHealth(one.client, away, 'down');
    await expect.poll(() => one.client.delete('key', { ttlSeconds }).catch(() => undefined), LONG).toBeDefined();
    // The tombstone that it holds for the other node ends with it.
    one.client.destroy();
    await cluster.resumeNode(away);

    const other = await party.join([away, witness], PACE);
    await expect.poll(() => other.client.handovers.length).toBeGreaterThan(0);
    await cluster.pauseNode(witness);
    await untilHealth(other.client, witness, 'down');
    for (const key of ['key', 'kept'])
      await expect(other.client.touch(key, ttlSeconds)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    await cluster.resumeNode(witness);
    await untilHealth(other.client, witness, 'up');
    await expect.poll(() => other.client.touch('kept', ttlSeconds).catch(() => undefined), LONG).toBe(true);
    expect(await other.client.touch('key', ttlSeconds)).toBe(false);
    expect(await other.client.get('key')).toBeUndefined();
  });
});
