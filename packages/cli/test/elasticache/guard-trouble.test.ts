/** Faults around a guard: the guard recovers, or says what a person must do. */
import type { NodeProcess } from '@sess/loopback';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { sessProcess } from '../sess-process.ts';
import { guard, state, stopGuards } from './running-guard.ts';
import { onClose, shop, type Shop } from './shop.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(stopGuards);

const PATIENT = { timeout: 90_000 };
const MANY = 10_000;

function refuse({ aws }: Shop, action: string, times: number, code: string, httpStatus = 400): void {
  for (let time = 0; time < times; time += 1) aws.refuseNext(action, { code, message: `${code}.`, httpStatus });
}

describe('guards with different options', () => {
  it('say so while they wait, and not where they are alike', async () => {
    const site = await shop({ nodes: 3 });
    const first = guard(site, '--no-policy --at 00:00=3');
    await expect.poll(async () => (await state(first))['role']).toBe('active');
    const [alike, other] = [guard(site, '--no-policy --at 00:00=3'), guard(site, '--no-policy --pre-drain 1')];
    await expect
      .poll(async () => (await state(other))['warnings'], PATIENT)
      .toEqual([expect.stringMatching(/"--no-policy --at 00:00=3".*"--no-policy --pre-drain 1".*the same options/)]);
    expect(await state(alike)).toMatchObject({ role: 'standby', warnings: [] });
    expect(other.said().split('the same options')).toHaveLength(2);
  });
});

describe('a guard that reaches no node', () => {
  it('says that it can not read the lease, and what AWS says of a cluster that was deleted', async () => {
    const site = await shop({ nodes: 2 });
    const running = guard(site, '--no-policy --lease 3');
    await expect.poll(async () => (await state(running))['role']).toBe('active');
    await Promise.all(site.nodeIds().map((id) => site.aws.crashNode(id)));
    await expect
      .poll(async () => await state(running), PATIENT)
      .toMatchObject({ role: 'standby', error: expect.stringContaining("The lease can't be read or renewed") });
    refuse(site, 'DescribeCacheClusters', MANY, 'CacheClusterNotFound', 404);
    await expect
      .poll(async () => (await state(running))['error'], PATIENT)
      .toMatch(/CacheClusterNotFound\. If it was deleted, stop the guards/);
  });
});

describe('AWS refuses a guard in the middle of a scale-in', () => {
  it('whose credentials have expired: it says what to do, and goes on with new ones', async () => {
    const site = await shop({ nodes: 3 });
    refuse(site, 'ModifyCacheCluster', 3, 'ExpiredToken', 403);
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(() => site.nodeIds(), PATIENT).toEqual(['0001', '0002']);
    expect(running.said()).toMatch(/Failed.*ExpiredToken\. .*start the command again with new credentials/);
    await site.expectNothingMissing();
  });

  it('by throttling every query for long: it asks again, and nothing has to be repeated', async () => {
    const site = await shop({ nodes: 3 });
    let isDone = false;
    const running = guard(site, '--no-policy --at 00:00=2', (text) => {
      if (isDone || !text.includes('Drain 0003')) return;
      isDone = true;
      // The SDK asks three times itself.
      refuse(site, 'DescribeCacheClusters', 12, 'Throttling');
      refuse(site, 'ModifyCacheCluster', 12, 'Throttling');
    });
    await expect.poll(() => site.nodeIds(), PATIENT).toEqual(['0001', '0002']);
    expect(running.said()).not.toContain('Failed');
    expect(running.said().split('Drain 0003')).toHaveLength(2);
    await site.expectNothingMissing();
  });
});

describe('on a machine whose clock is ten minutes off', () => {
  it.each([
    ['fast', 600, 'ahead of'],
    ['slow', -600, 'behind'],
  ])('nothing is drained or removed, and it is said why (%s)', async (_, aheadSeconds, how) => {
    const site = await shop({ nodes: 3 });
    site.aws.announceReplacement(['0001']);
    const shifted = `const Right = Date; const ahead = ${1_000 * aheadSeconds}; globalThis.Date = class extends Right {
      constructor(...given) { if (given.length > 0) super(...given); else super(Right.now() + ahead); }
      static now() { return Right.now() + ahead; }
    };`;
    /** Its own process, so that AWS and the nodes have the right time. */
    const elsewhere = (...words: readonly string[]): NodeProcess => {
      const child = sessProcess(['elasticache', ...words, '--cluster', site.aws.clusterId], site.env, shifted);
      onClose(() => child.close());
      return child;
    };
    for (const words of [
      ['scale-in', '--nodes', '2'],
      ['replace', '--ids', '0001'],
    ]) {
      const child = elsewhere(...words);
      expect((await child.ended).code).toBe(1);
      expect(child.output + child.errors).toMatch(
        new RegExp(
          `Not now \\(wrong-clock\\): This machine's clock is (10 min( \\d s)?|9 min 5\\d s) ${how} that of AWS`,
        ),
      );
    }
    const guarding = elsewhere(...'guard --no-policy --at 00:00=2 --interval 0.2 --listen 127.0.0.1:0'.split(' '));
    const [url] = await guarding.says(/http:\/\/[\d.:]+/, 'errors');
    await expect
      .poll(async () => (await (await fetch(`${url}/state`)).json()) as object, PATIENT)
      .toMatchObject({ role: 'active', obstacles: [{ reason: 'wrong-clock' }] });
    expect(site.client.topology.drains.size).toBe(0);
    await site.expectNothingMissing();
  });
});
