/** Pods that terminate with the hooks of docs/operations/kubernetes, in containers that get SIGTERM and a deadline. */
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';

import { application, KEYS, SECRET } from '../run.ts';
import { crowd } from '../elasticache/crowd.ts';
import { memcachedPod } from './manifests.ts';
import { Pod, PodHost } from './pod.ts';

const host = inject('runtimes').includes('container') ? await PodHost.open() : undefined;
/**
 * As the sessions of an application that agrees within seconds; the manifest's own times are for the default intervals.
 */
const PACE = 'historyIntervalMs=500&clockSkewMs=0&timeoutMs=5000';

afterAll(() => host?.close());

async function pods() {
  if (host === undefined) throw new Error('nothing here runs a pod');
  const all = await Promise.all([1, 2, 3].map(() => Pod.placed(host)));
  for (const pod of all) onTestFinished(() => pod.remove());
  const servers = `memcached://${all.map(({ node }) => node).join(',')}?${PACE}`;
  const env = { SESS_SERVERS: servers, SESS_SECRET: SECRET };
  await Promise.all(all.map((pod) => pod.start(env)));
  const client = await application(servers, KEYS);
  onTestFinished(() => client.close());
  const [last] = all.slice(-1);
  if (last === undefined) throw new Error('there are three pods');
  /** The list of nodes without the pod, as in DNS when the pod is gone. */
  const rest = servers.replace(`,${last.node}`, '');
  return { servers, rest, env, client, pod: last };
}

async function lost(servers: string): Promise<number> {
  const later = await application(servers, []);
  onTestFinished(() => later.close());
  const found = await Promise.all(KEYS.map((key) => later.get(key).catch(() => undefined)));
  return found.filter((record) => record === undefined).length;
}

/** The hook of the manifest, with another deadline, and fewer keys a second. */
function within(seconds: number, keysPerSecond = 5_000) {
  return (command: readonly string[]): readonly string[] =>
    command.map((word) => word.replace(/--deadline \d+/, `--deadline ${seconds} --keys-per-second ${keysPerSecond}`));
}

describe.runIf(host !== undefined)('a pod that terminates', () => {
  it('with time enough loses no session, and no request fails meanwhile', { timeout: 240_000 }, async () => {
    const { servers, rest, env, client, pod } = await pods();
    const users = await crowd(servers);
    const { graceSeconds } = memcachedPod();
    const ended = await pod.terminate(graceSeconds);
    expect(ended, ended.log).toMatchObject({ hook: 0, endedBy: 'SIGTERM' });
    expect(ended.log).toContain(`${pod.node} is drained: nothing is lost when it stops.`);
    const { requests, failures, missing } = await users.leave();
    expect(requests).toBeGreaterThan(0);
    expect(failures).toEqual([]);
    expect(missing).toEqual([]);
    expect(await lost(rest)).toBe(0);
    // A new pod of the same name replaces it: postStart returns it to rotation.
    await pod.remove();
    await pod.start(env);
    expect(await pod.hook('postStart', (command) => command)).toBe(0);
    await expect.poll(() => client.topology.rotation, { timeout: 60_000 }).toContain(pod.node);
    expect(await lost(servers)).toBe(0);
  });

  it(
    'with too little time says in its log what is lost, and ends within its grace period',
    { timeout: 240_000 },
    async () => {
      const { rest, client, pod } = await pods();
      const own = KEYS.filter((key) => client.explain(key).owners.includes(pod.node)).length;
      const ended = await pod.terminate(120, within(20, 3));
      expect(ended, ended.log).toMatchObject({ hook: 1, endedBy: 'SIGTERM' });
      expect(ended.log).toContain('is not empty yet, and time is over');
      expect(ended.log).toContain('terminationGracePeriodSeconds');
      const [, left = '', of = ''] = /about (\d+) of its (\d+) keys were not copied/.exec(ended.log) ?? [];
      expect(Number(left)).toBeGreaterThan(0);
      expect(Number(of)).toBeGreaterThanOrEqual(own);
      await client.close();
      const missing = await lost(rest);
      expect(missing).toBeGreaterThan(0);
      expect(missing).toBeLessThanOrEqual(Number(left));
    },
  );
});
