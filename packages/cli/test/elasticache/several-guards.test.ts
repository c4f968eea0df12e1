import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { guard, state, stopGuards } from './running-guard.ts';
import { shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(stopGuards);

/** The guard's last message about nodes that AWS removed. */
const GONE = / (?:are|is) gone/;

/** Removes keys from all nodes without a tombstone, like an eviction or the loss of a machine. */
async function loseOnNodes({ aws }: Shop, ...keys: readonly string[]): Promise<void> {
  await Promise.all(
    aws.nodes.map(async ({ address, port }) => {
      const socket = connect({ host: address ?? '', port });
      socket.on('error', () => undefined).resume();
      socket.end(`${keys.map((key) => `delete ${key}\r\n`).join('')}quit\r\n`);
      await once(socket, 'close');
    }),
  );
}

describe('a guard beside others', () => {
  it('is one of several, and the next one goes on with what it had begun', async () => {
    const site = await shop({ nodes: 4 });
    const first = guard(site, '--no-policy --at 00:00=2 --keys-per-second 20');
    await expect.poll(async () => (await state(first))['role']).toBe('active');
    const second = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(async () => (await state(second))['role']).toBe('standby');
    await expect.poll(() => site.client.topology.drains.size).toBe(2);
    expect((await first.stop()).code).toBe(0);
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002']);
    expect((await state(second))['role']).toBe('active');
    await site.expectNothingMissing();
  });

  it(
    'never acts beside another, though the record of the lease is lost again and again',
    { timeout: 300_000 },
    async () => {
      const site = await shop({ nodes: 5 });
      const log: string[] = [];
      const hear = (name: string) => (text: string) =>
        void log.push(...text.split('\n').map((line) => `${name} ${line}`));
      const a = guard(site, '--no-policy --at 00:00=3 --lease 6 --keys-per-second 100', hear('a'));
      guard(site, '--no-policy --at 00:00=2 --lease 6 --keys-per-second 100', hear('b'));
      // Like the loss of the lease's node, with one copy.
      for (let times = 0; times < 8; times += 1) {
        await loseOnNodes(site, 'sess-guard/sess-local/lease');
        await pause(500);
      }
      // The guard that holds the lease at the end acts. Without a, the cluster shrinks as far as b wants.
      await expect.poll(() => log.some((line) => GONE.test(line)), { timeout: 120_000 }).toBe(true);
      await a.stop();
      await expect.poll(() => site.nodeIds(), { timeout: 120_000 }).toEqual(['0001', '0002']);
      await site.expectNothingMissing();
      let acting: string | undefined;
      for (const line of log) {
        const [name] = line.split(' ');
        if (/ Drain /.test(line)) {
          expect([undefined, name], log.join('\n')).toContain(acting);
          acting = name;
        }
        if ((GONE.test(line) || line.includes(' Failed')) && name === acting) acting = undefined;
      }
    },
  );

  it('knows what it drained from any node that is left, so that the next guard puts it back', async () => {
    const site = await shop({ nodes: 4 });
    site.aws.announceReplacement(['0004']);
    const first = guard(site, '--no-policy');
    const last = site.aws.nodes[3]?.id ?? '';
    await expect.poll(() => site.client.topology.drains.get(last)).toBe('drained');
    await first.stop();
    await loseOnNodes(site, 'sess-guard/sess-local/work/0', 'sess-guard/sess-local/work/1');
    site.aws.replaceNodes(['0004']);
    await site.aws.settled();
    guard(site, '--no-policy');
    await expect.poll(() => site.client.topology.rotation, { timeout: 60_000 }).toContain(last);
  });

  it('takes back what it had drained when the nodes are wanted again, and leaves alone what a person drained', async () => {
    const site = await shop({ nodes: 4 });
    site.aws.refuseNext('ModifyCacheCluster', { code: 'AccessDenied', httpStatus: 403 });
    const first = guard(site, '--no-policy --at 00:00=3');
    await expect.poll(() => [...site.client.topology.drains.values()]).toEqual(['drained']);
    await first.stop();
    const byHand = site.aws.nodes[0]?.id ?? '';
    await site.client.drain(byHand);
    const second = guard(site, '--no-policy');
    await expect.poll(() => [...site.client.topology.drains.keys()], { timeout: 60_000 }).toEqual([byHand]);
    await expect.poll(async () => (await state(second))['removing'], { timeout: 60_000 }).toEqual([]);
    await site.expectNothingMissing();
  });
});
