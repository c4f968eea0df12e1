/**
 * In agreement, a confirmation of the view goes to one node. If that node leaves with the last process of its list, the
 * nodes that stay hold an old one: a process that has not followed the history must not end the view's window by it.
 */
import { expect, it } from 'vitest';

import type { ClientOptions } from '../src/options.ts';
import { A, B, C, join, keyOf, type FakeCluster } from './fake-cluster.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeNetwork } from './fake-transport.ts';

const ttlSeconds = 60;
const SIGNED = { historySecret: 'a secret of thirty-two characters' } as const;

type Servers = Pick<FakeCluster, 'clock' | 'network'>;

async function passSeconds(clock: FakeClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await clock.pass(1_000);
}

/** A process confirms its view on C for two minutes and creates a session on A. Then it ends, and C with it. */
async function leftWithItsNode({ clock, network }: Servers, options: Partial<ClientOptions>): Promise<string> {
  const { client } = await join({ clock, network }, [A, C], { ...options, random: () => 0.99 });
  const key = await keyThatMoves(client);
  // Nodes learn of a longer time to live at once.
  await client.set(key, 'earlier', { ttlSeconds });
  await passSeconds(clock, 120);
  await client.set(key, 'login', { ttlSeconds, expect: 'absent' });
  client.destroy();
  network.at(C).behaviour = 'refuses';
  network.at(C).drop();
  return key;

  async function keyThatMoves(from: typeof client): Promise<string> {
    const other = await join({ clock, network: new FakeNetwork(clock) }, [A, B], options);
    for (let number = 0; ; number += 1) {
      const candidate = `${keyOf(from, A)}-${number}`;
      if (from.explain(candidate).owners[0] === A && other.client.explain(candidate).owners[0] === B) return candidate;
    }
  }
}

it.each([
  ['signed', SIGNED],
  ['unsigned', {}],
])('a process that starts with another list finds an idle session (%s history)', async (_, options) => {
  const clock = new FakeClock();
  const servers = { clock, network: new FakeNetwork(clock) };
  const key = await leftWithItsNode(servers, options);
  const { client } = await join(servers, [A, B], options);
  await passSeconds(clock, ttlSeconds - 5);
  expect((await client.get(key))?.value.toString()).toBe('login');
});

it('a process whose machine was suspended meanwhile finds it, too', async () => {
  const clock = new FakeClock();
  const servers = { clock, network: new FakeNetwork(clock) };
  const suspended = new FakeClock();
  const { client } = await join({ ...servers, clock: suspended }, [A, B], SIGNED);
  for (let second = 0; second < 10; second += 1) {
    await clock.pass(1_000);
    await suspended.pass(1_000);
  }
  const key = await leftWithItsNode(servers, SIGNED);
  suspended.setWallClock(clock.now());
  await passSeconds(suspended, ttlSeconds - 5);
  expect((await client.get(key))?.value.toString()).toBe('login');
});

it('a process that reads every node of the view relies on what they say', async () => {
  const clock = new FakeClock();
  const servers = { clock, network: new FakeNetwork(clock) };
  const { client: earlier } = await join(servers, [A, C], { ...SIGNED, random: () => 0.99 });
  await passSeconds(clock, 120);
  earlier.destroy();
  await passSeconds(clock, 120);
  const { client } = await join(servers, [A, B, C], SIGNED);
  await passSeconds(clock, 1);
  expect(client.handovers).toEqual([]);
});
