import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { json, run, type Outcome } from '../run.ts';
import { closeShops, onClose, settled, shop, type Shop } from './shop.ts';

/** A guard in this process. */
interface RunningGuard {
  readonly said: () => string;
  /** Of `--listen`. */
  readonly url: () => string;
  stop(): Promise<Outcome>;
}

vi.setConfig({ testTimeout: 180_000 });

/** The guard's last word of nodes that AWS took away. */
const GONE = / (?:are|is) gone/;

const guards: RunningGuard[] = [];
afterEach(async () => {
  for (const running of guards.splice(0)) await running.stop();
  await closeShops();
  vi.restoreAllMocks();
});

/** What memcached forgets of itself, or with its machine: no mark stays that it was deleted. */
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

function guard(site: Shop, words = '', heard: (text: string) => void = () => undefined): RunningGuard {
  const stop = new AbortController();
  let said = '';
  const all = ['elasticache', 'guard', '--cluster', site.aws.clusterId, '--interval', '0.2', '--listen', '127.0.0.1:0'];
  const ended = run([...all, '--cooldown-scale', '0', ...words.split(' ').filter((word) => word !== '')], {
    env: site.env,
    signal: stop.signal,
    heard: (text) => {
      said += text;
      heard(text);
    },
  });
  const running: RunningGuard = {
    said: () => said,
    url: () => /http:\/\/[\d.:]+/.exec(said)?.[0] ?? '',
    stop: () => {
      stop.abort();
      return ended;
    },
  };
  guards.push(running);
  return running;
}

async function post(running: RunningGuard, body: unknown): Promise<number> {
  return (await fetch(`${running.url()}/sns`, { method: 'POST', body: JSON.stringify(body) })).status;
}

async function state(running: RunningGuard): Promise<Record<string, unknown>> {
  await expect.poll(() => running.url()).not.toBe('');
  return (await (await fetch(`${running.url()}/state`)).json()) as Record<string, unknown>;
}

const RESOURCE = {
  ServiceNamespace: 'elasticache',
  ResourceId: 'cache-cluster/sess-local',
  ScalableDimension: 'elasticache:cache-cluster:Nodes',
} as const;

/** A policy on AWS's side, and a load that the nodes share. */
async function scaled(
  { aws, env }: Shop,
  { min, isScaleInDisabled }: { readonly min: number; readonly isScaleInDisabled: boolean },
): Promise<{ total: number }> {
  const client = new ApplicationAutoScalingClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: 'local',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await client.send(new RegisterScalableTargetCommand({ ...RESOURCE, MinCapacity: min, MaxCapacity: 8 }));
  await client.send(
    new PutScalingPolicyCommand({
      ...RESOURCE,
      PolicyName: 'cpu',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ElastiCacheEngineCPUUtilization' },
        ScaleInCooldown: 0,
        ScaleOutCooldown: 0,
        DisableScaleIn: isScaleInDisabled,
      },
    }),
  );
  client.destroy();
  const load = { total: 50 * min };
  const timer = setInterval(() => aws.putMetric('EngineCPUUtilization', load.total / aws.nodes.length), 10);
  onClose(async () => clearInterval(timer));
  return load;
}

describe('sess elasticache guard', () => {
  it('scales in as the load falls, where AWS only scales out, and nobody is logged out', async () => {
    const site = await shop({ nodes: 3, timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    const running = guard(site);
    load.total = 250;
    await expect.poll(() => site.nodeIds().length, { timeout: 60_000 }).toBe(5);
    load.total = 30;
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002']);
    await site.expectNothingMissing();
    await expect.poll(async () => (await state(running))['totals']).toMatchObject({ removedNodes: 3 });
    expect((await state(running))['warnings']).toEqual([]);
    const metrics = await (await fetch(`${running.url()}/metrics`)).text();
    expect(metrics).toContain('sess_guard_removed_nodes_total{cluster="sess-local"} 3\n');
    expect((await fetch(`${running.url()}/health`)).status).toBe(200);
  });

  it('is seen by sess status: which one is active, what it does, since when, and its last error', async () => {
    const site = await shop({ nodes: 3 });
    const status = async (): Promise<string> => (await run(['status'], { env: site.env, columns: 200 })).stdout;
    expect(await status()).not.toContain('uard');
    site.aws.refuseNext('ModifyCacheCluster', { code: 'AccessDenied', message: 'not allowed', httpStatus: 403 });
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(status, { timeout: 60_000 }).toMatch(/last error, \d+.* ago: /);
    const words = await status();
    expect(words).toContain('3 nodes, of which 2 are wanted.');
    expect(words).toMatch(/Guard .+\/.+ of sess-local has been active for .+, for \d+/);
    const { guard: said } = json(await run(['status', '--json'], { env: site.env }));
    expect(said).toMatchObject({ guard: { role: 'active', clusterId: 'sess-local', removing: ['0003'] } });
    await running.stop();
    expect(await status()).toMatch(/No guard is active: .+ was stopped \d+/);
  });

  it('warns where AWS’s policy scales in by itself', async () => {
    const site = await shop({ nodes: 3 });
    const load = await scaled(site, { min: 3, isScaleInDisabled: false });
    load.total = 120;
    const running = guard(site);
    await expect
      .poll(async () => (await state(running))['warnings'])
      .toEqual([expect.stringContaining('DisableScaleIn')]);
  });

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

  it('puts nodes back that are wanted again while AWS is busy, for however long', async () => {
    const site = await shop({ nodes: 3, timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    load.total = 30;
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    const running = guard(site);
    await expect
      .poll(async () => (await state(running))['doing'], { timeout: 60_000 })
      .toContain('InvalidCacheClusterState');
    load.total = 140;
    await expect.poll(() => running.said(), { timeout: 60_000 }).toContain('0003 is wanted again: back in rotation');
    expect(site.nodeIds()).toHaveLength(3);
    await expect.poll(() => site.client.topology.rotation.length).toBe(3);
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
      // As when its node dies, with one copy.
      for (let times = 0; times < 8; times += 1) {
        await loseOnNodes(site, 'sess-guard/sess-local/lease');
        await pause(500);
      }
      // Whichever holds the lease in the end acts; without the other, it goes as far as b wants.
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

  it('drains a node before AWS replaces it, and takes it back afterwards', async () => {
    const site = await shop({ nodes: 3 });
    const running = guard(site, '--no-policy');
    site.aws.announceReplacement(['0002']);
    const second = site.aws.nodes[1]?.id ?? '';
    await expect.poll(() => site.client.topology.drains.get(second)).toBe('drained');
    expect(await state(running)).toMatchObject({ replacing: ['0002'] });
    await site.expectNothingMissing();
    site.aws.replaceNodes(['0002']);
    await site.aws.settled();
    await expect.poll(() => site.client.topology.rotation, { timeout: 60_000 }).toContain(second);
    await site.expectNothingMissing();
    await expect
      .poll(() => state(running), { timeout: 60_000 })
      .toMatchObject({ replacing: [], totals: { drainedReplacements: 1 } });
  });

  it('is not held up by a node that died before AWS replaces it', async () => {
    const site = await shop({ nodes: 3, copies: 2 });
    const running = guard(site, '--no-policy');
    const [, second] = site.aws.nodes;
    await site.aws.crashNode('0002');
    await expect.poll(() => site.client.topology.states.get(second?.id ?? '')).toBe('down');
    site.aws.announceReplacement(['0002']);
    await expect.poll(async () => (await state(running))['replacing']).toEqual(['0002']);
    const seenAt = Date.now();
    await expect
      .poll(async () => {
        const { lastRoundAt, error } = await state(running);
        return Number(lastRoundAt) > seenAt && error === undefined;
      })
      .toBe(true);
  });

  it('keeps the last nodes empty with --pre-drain, so that AWS may take them as it likes', async () => {
    const site = await shop({ nodes: 4, timeScale: 1_500 });
    const running = guard(site, '--no-policy --pre-drain 1');
    const ids = site.aws.nodes.map(({ id }) => id);
    const drained = (): readonly string[] =>
      [...site.client.topology.drains].flatMap(([id, is]) => (is === 'drained' ? id : []));
    await expect.poll(drained).toEqual([ids[3]]);
    const load = await scaled(site, { min: 3, isScaleInDisabled: false });
    load.total = 10;
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
    await expect.poll(drained, { timeout: 60_000 }).toEqual([ids[2]]);
    await site.expectNothingMissing();
    expect(await state(running)).toMatchObject({ preDrained: ['0003'] });
  });

  it('does not empty the last node where the others have no room for what it holds', async () => {
    const site = await shop({ nodes: 2, memoryMegabytes: 1 });
    const value = 'x'.repeat(10_000);
    await Promise.all(
      Array.from({ length: 120 }, (_, index) => site.client.set(`s/large-${index}`, value, { ttlSeconds: 600 })),
    );
    const running = guard(site, '--no-policy --pre-drain 1');
    await expect.poll(async () => (await state(running))['obstacles']).toMatchObject([{ reason: 'memory' }]);
    expect(site.client.topology.drains.size).toBe(0);
  });

  it('says what is in the way on nodes that list no keys, and of replacements what is lost', async () => {
    const site = await shop({ nodes: 3, engineVersion: '1.6.22' });
    const running = guard(site, '--no-policy --at 00:00=2');
    await expect.poll(async () => (await state(running))['obstacles']).toMatchObject([{ reason: 'lists-no-keys' }]);
    site.aws.announceReplacement(['0003']);
    await expect
      .poll(async () => (await state(running))['warnings'])
      .toEqual([expect.stringContaining('AWS will replace 0003, and sessions are lost with it')]);
    expect(await state(running)).toMatchObject({ totals: { failedRounds: 0 } });
    expect(site.client.topology.drains.size).toBe(0);
  });

  it('drains such nodes for as long as sessions live, says until when, and takes them back when they are wanted', async () => {
    const site = await shop({ nodes: 3, engineVersion: '1.6.22', timeScale: 1_500 });
    const load = await scaled(site, { min: 2, isScaleInDisabled: true });
    load.total = 30;
    const running = guard(site, '--until-expired');
    await expect
      .poll(async () => (await state(running))['doing'], { timeout: 60_000 })
      .toMatch(/0003: all that is only there has expired at 20\d\d-/);
    load.total = 140;
    await expect.poll(() => running.said(), { timeout: 60_000 }).toContain('3 nodes are wanted now');
    await expect.poll(() => site.client.topology.rotation.length, { timeout: 60_000 }).toBe(3);
    expect(site.nodeIds()).toHaveLength(3);
    await site.expectNothingMissing();
  });

  it('scales in only when nothing of another change is on its way', async () => {
    const site = await shop({ nodes: 4 });
    await site.client.drain(site.aws.nodes[0]?.id ?? '');
    await site.client.putBack(site.aws.nodes[0]?.id ?? '');
    const running = guard(site, '--no-policy --at 00:00=3');
    await settled(site);
    await expect.poll(() => site.nodeIds(), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
    expect(running.said()).not.toContain('Failed');
    await site.expectNothingMissing();
  });

  it.each([
    ['--at 25:00=3', '--at: expected HH:MM=NODES'],
    ['--at 10:00=0', '--at: expected HH:MM=NODES'],
    ['--listen nowhere', '--listen: expected HOST:PORT'],
    ['--pre-drain 0', 'whole number'],
  ])('refuses %s', async (words, said) => {
    const site = await shop({ nodes: 1 });
    const outcome = await site.sess(`guard --no-policy ${words}`);
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});

describe('a message of SNS', () => {
  const TOPIC = 'arn:aws:sns:us-east-1:000000000000:elasticache';
  const CERTIFICATE = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem';
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  /** As AWS signs one. */
  function signed(fields: Readonly<Record<string, string>> = {}): Record<string, string> {
    const message = {
      Message: '{"ElastiCache:NodeReplacementScheduled":"sess-local"}',
      MessageId: 'one',
      Timestamp: new Date().toISOString(),
      TopicArn: TOPIC,
      Type: 'Notification',
      ...fields,
    };
    const text = Object.entries(message)
      .map(([name, value]) => `${name}\n${value}\n`)
      .join('');
    const Signature = createSign('RSA-SHA256').update(text).sign(privateKey, 'base64');
    return { ...message, Signature, SignatureVersion: '2', SigningCertURL: CERTIFICATE };
  }

  /** Stands for the host that AWS keeps its certificates on. */
  function certificatesOfAws(): void {
    vi.spyOn(https, 'get').mockImplementation(((url: string, answered: (response: PassThrough) => void) => {
      const response = Object.assign(new PassThrough(), { statusCode: url === CERTIFICATE ? 200 : 404 });
      answered(response);
      response.end(publicKey.export({ type: 'spki', format: 'pem' }));
      return new PassThrough();
    }) as never);
  }

  it('makes the guard look at once; what AWS did not sign, or of another topic, is refused', async () => {
    certificatesOfAws();
    const site = await shop({ nodes: 3 });
    // So long that nothing but the message makes it look.
    const running = guard(site, `--no-policy --interval 3000 --sns-topic ${TOPIC}`);
    await expect.poll(async () => (await state(running))['doing']).toBe('watching');
    site.aws.announceReplacement(['0003']);
    const forged = { ...signed(), Message: '{}' };
    expect(await post(running, forged)).toBe(403);
    expect(await post(running, { ...signed(), SigningCertURL: 'https://sns.example.com/one.pem' })).toBe(403);
    expect(await post(running, signed({ TopicArn: 'arn:aws:sns:us-east-1:1:other' }))).toBe(403);
    expect(await post(running, 'nonsense')).toBe(403);
    expect(site.client.topology.drains.size).toBe(0);
    expect(await post(running, signed())).toBe(200);
    await expect.poll(() => [...site.client.topology.drains.values()]).toEqual(['drained']);
    await site.expectNothingMissing();
  });

  it('is not taken without --sns-topic', async () => {
    const site = await shop({ nodes: 2 });
    const running = guard(site, '--no-policy');
    await state(running);
    expect(await post(running, signed())).toBe(404);
  });
});
