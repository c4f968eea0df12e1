/** The client's fence over this transport: the look leaves behind the write, and the node carries out both in order. */
import { createClient, type Client } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { memjsTransport } from '../src/index.ts';

const ttlSeconds = 600;
const runtimes = inject('mainRuntimes');

interface Member {
  readonly client: Client;
  readonly report: (ids: readonly string[]) => void;
}

async function join(ids: readonly string[]): Promise<Member> {
  let report: Member['report'] | undefined;
  const client = createClient({
    transport: memjsTransport(),
    historyIntervalMs: 30_000,
    maxProbePauseMs: 50,
    discovery: {
      watch: (listener) => {
        report = (listed) =>
          listener.topology({
            nodes: listed.map((id) => ({ id, host: id.replace(/:\d+$/, ''), port: Number(id.replace(/^.*:/, '')) })),
          });
        queueMicrotask(() => report?.(ids));
        return {
          ready: () => Promise.reject(new Error('nobody waits')),
          refresh: () => Promise.resolve(),
          close: () => undefined,
        };
      },
    },
  });
  onTestFinished(() => client.destroy());
  await client.ready();
  return { client, report: (listed) => report?.(listed) };
}

describe.each(runtimes)('a list that is late, over the binary protocol (%s)', (runtime) => {
  it('revives nothing that was destroyed by it', async () => {
    await using cluster = await startLocalCluster({ nodes: 3, runtime });
    const [leaving = '', ...staying] = cluster.nodes.map(({ id }) => id);
    const [informed, late] = [await join([leaving, ...staying]), await join([leaving, ...staying])];
    const keys = Array.from({ length: 60 }, (_, number) => `user/${number}`).filter(
      (key) => informed.client.explain(key).owners[0] === leaving,
    );
    for (const key of keys) await informed.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    informed.report(staying);
    for (const key of keys)
      await informed.client.set(key, 'changed', { ttlSeconds, expect: await informed.client.get(key) });
    for (const key of keys) expect(await late.client.delete(key, { ttlSeconds })).toBe(true);
    late.report(staying);
    await cluster.crashNode(leaving);
    for (const key of keys) {
      await expect
        .poll(() => informed.client.get(key).catch((error: unknown) => error), { timeout: 10_000 })
        .toBeUndefined();
    }
  });
});
