/** A drain of nodes that list no keys: it lasts as long as a session, and loses none that is in use or alive. */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { DrainProgress } from '../src/contract.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport, Transport } from '../src/transport/transport.ts';
import { crash, partyOfEachTest, type Member } from './party.ts';

const runtimes = inject('mainRuntimes');
const SECRET = 'a secret that all servers of the shop have';
const TTL_SECONDS = 15;
const KEYS = Array.from({ length: 90 }, (_, number) => `session-${number}`);

const party = partyOfEachTest();

/** The text protocol without its listing of keys, as ElastiCache's nodes have it. */
function unlistedTransport(): Transport {
  const whole = textTransport();
  return {
    name: whole.name,
    open(node, options, events) {
      const all = whole.open(node, options, events);
      const unlisted: NodeTransport = {
        get: (...given) => all.get(...given),
        store: (...given) => all.store(...given),
        touch: (...given) => all.touch(...given),
        probe: (...given) => all.probe(...given),
        close: () => all.close(),
        destroy: () => all.destroy(),
      };
      return unlisted;
    },
  };
}

async function start(runtime: (typeof runtimes)[number]): Promise<{ cluster: LocalCluster; last: string }> {
  const cluster = await party.start(runtime, 3);
  return { cluster, last: cluster.nodes.at(-1)?.id ?? '' };
}

function join(cluster: LocalCluster, copies: number, historySecret?: string): Promise<Member> {
  const servers = cluster.nodes.map(({ id }) => id);
  return party.join(servers, {
    copies,
    transport: unlistedTransport(),
    ...(historySecret === undefined ? undefined : { historySecret }),
    handover: { clockSkewMs: 0, finish: false, windowSeconds: 1 },
  });
}

describe.each(runtimes)('a drain of a node that lists no keys (%s)', (runtime) => {
  it.each([1, 2])(
    'ends when what nobody used has expired, and no session is lost (copies %i)',
    { timeout: 90_000 },
    async (copies) => {
      const { cluster, last } = await start(runtime);
      const [application, tool] = [await join(cluster, copies), await join(cluster, copies)];
      const { client } = application;
      const store = (key: string) => client.set(key, `of ${key}`, { ttlSeconds: TTL_SECONDS, expect: 'absent' });
      for (const key of KEYS) await store(key);
      const touched = KEYS.filter((_, index) => index % 3 === 0);
      const destroyed = KEYS.filter((_, index) => index % 3 === 1);
      const usedLate = KEYS.filter((_, index) => index % 3 === 2);
      const storedAt = performance.now();
      const told: DrainProgress[] = [];
      const drained = tool.client
        .drain(last, { untilExpired: true, onProgress: (progress) => told.push(progress) })
        .then(() => crash(cluster, last, 2));
      await expect.poll(() => client.topology.drains.get(last)).toBe('draining');
      for (const key of destroyed) expect(await client.delete(key, { ttlSeconds: 60 })).toBe(true);
      // Some seconds later. Nobody asked for them meanwhile.
      await expect.poll(() => performance.now() - storedAt).toBeGreaterThan(TTL_SECONDS * 200);
      for (const key of touched) expect(await client.touch(key, 60)).toBe(true);
      for (const key of usedLate) {
        const record = await client.get(key);
        expect(record?.value.toString()).toBe(`of ${key}`);
        await client.set(key, 'used late', { ttlSeconds: 60, expect: record ?? 'absent' });
      }
      await drained;
      // On a busy machine all have agreed before the first report.
      const phases = new Set(told.map(({ phase }) => phase).filter((phase) => phase !== 'agreeing'));
      expect([...phases]).toEqual(['expiring', 'done']);
      expect(Math.max(...told.map(({ expiredInMs }) => expiredInMs))).toBeGreaterThan(0);
      const values = async (keys: readonly string[]) =>
        (await Promise.all(keys.map((key) => client.get(key)))).map((record) => record?.value.toString());
      expect(await values(touched)).toEqual(touched.map((key) => `of ${key}`));
      expect(await values(usedLate)).toEqual(usedLate.map(() => 'used late'));
      expect(await values(destroyed)).toEqual(destroyed.map(() => undefined));
    },
  );

  it('is refused where it would copy, with what to do, and changes nothing', async () => {
    const { cluster, last } = await start(runtime);
    const { client } = await join(cluster, 1);
    await expect(client.drain(last)).rejects.toMatchObject({
      code: 'SESS_SERVER',
      message: expect.stringMatching(/does not list its keys.*nothing was changed.*untilExpired: true/) as unknown,
    });
    expect(client.topology.drains.get(last)).toBeUndefined();
  });

  it('can be stopped, and puts the node back', async () => {
    const { cluster, last } = await start(runtime);
    const { client } = await join(cluster, 1);
    await client.set('a', 'b', { ttlSeconds: 3_600 });
    const stop = new AbortController();
    const drained = client.drain(last, {
      untilExpired: true,
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'expiring' && stop.abort(),
    });
    await expect(drained).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    expect(client.topology.rotation).toContain(last);
  });

  it('is refused beside clients without a secret, which would go on writing to the node', async () => {
    const { cluster, last } = await start(runtime);
    await join(cluster, 1);
    const { client } = await join(cluster, 1, SECRET);
    await expect(client.drain(last, { untilExpired: true })).rejects.toMatchObject({ code: 'SESS_BAD_OPTION' });
    expect(client.topology.rotation).toContain(last);
  });

  it('refuses what is no switch', async () => {
    const { cluster, last } = await start(runtime);
    const { client } = await join(cluster, 1);
    const wrong = { untilExpired: 'yes' } as unknown as { untilExpired: boolean };
    await expect(client.drain(last, wrong)).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
  });
});
