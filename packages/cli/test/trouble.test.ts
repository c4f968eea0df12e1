import { startLocalCluster, startLocalElastiCache, type LocalCluster } from '@sess/local-cluster';
import type { Client } from '@sess/client';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { application, json, KEYS, PACE, run } from './run.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

async function start(nodes: number, options: { readonly memoryMegabytes?: number } = {}): Promise<LocalCluster> {
  const cluster = await startLocalCluster({ nodes, runtime, ...options });
  onTestFinished(() => cluster.close());
  return cluster;
}

async function use(servers: string, options: { readonly copies?: number } = {}): Promise<Client> {
  const client = await application(servers, KEYS, options);
  onTestFinished(() => client.close());
  return client;
}

function at(cluster: LocalCluster): string {
  return `elasticache://${cluster.configurationEndpoint}?${PACE}`;
}

async function findingsOf(env: Readonly<Record<string, string>>): Promise<unknown> {
  return json(await run(['doctor', '--json'], { env }))['findings'];
}

describe('nodes that list no keys', () => {
  it('are found by doctor, and plan does not count what is on them', async () => {
    const aws = await startLocalElastiCache({ nodes: 2, runtime });
    onTestFinished(() => aws.close());
    const env = { SESS_SERVERS: aws.url };
    const [id = ''] = aws.nodes.map((node) => node.id);
    expect(await findingsOf(env)).toContainEqual(
      expect.objectContaining({
        check: 'crawler',
        subject: id,
        advice: expect.stringContaining(`sess drain ${id} --until-expired`),
      }),
    );
    const { code, stdout } = await run(['plan', '--remove', id], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('No node lists its keys');
    expect(stdout).toContain(`\`sess drain ${id}\`, or with --until-expired`);
    expect(stdout).not.toContain('0 sessions');
  });
});

describe('a secret that is not the application’s', () => {
  it('is found by doctor, where the nodes are in use', async () => {
    const cluster = await start(1);
    const another = { SESS_SERVERS: at(cluster), SESS_SECRET: 'another secret of at least thirty-two bytes' };
    expect(await findingsOf(another)).toEqual([]);
    await use(at(cluster));
    expect(await findingsOf(another)).toEqual([
      expect.objectContaining({ level: 'warning', check: 'history-secret', subject: 'cluster' }),
    ]);
    expect(await findingsOf({ SESS_SERVERS: at(cluster) })).toEqual([]);
  });
});

describe('a node that is dead', () => {
  it('is shown as down, by status and doctor, with what to do', async () => {
    const cluster = await start(2);
    const [dead = ''] = cluster.nodes.map(({ id }) => id);
    await cluster.crashNode(dead);
    const env = { SESS_SERVERS: `${at(cluster)}&timeoutMs=500` };
    const status = await run(['status'], { env });
    expect(status).toMatchObject({ code: 1, stderr: '' });
    expect(status.stdout).toMatch(new RegExp(`^${dead} is down: .*ECONNREFUSED`, 'm'));
    const doctor = await run(['doctor', '--json'], { env });
    expect(doctor.code).toBe(1);
    expect(json(doctor)['findings']).toContainEqual(
      expect.objectContaining({ level: 'error', check: 'reachable', subject: dead }),
    );
    const answer = await run(['safe-to-remove', dead, '--json'], { env });
    expect(answer.code).toBe(1);
    expect(json(answer)).toMatchObject({ safe: false });
  });

  it('is where a session may be that is nowhere else', async () => {
    const cluster = await start(2);
    const client = await use(at(cluster));
    const dead = client.explain(KEYS[0] ?? '').owners[0] ?? '';
    await cluster.crashNode(dead);
    const { stdout, code } = await run(['explain', KEYS[0] ?? ''], { env: { SESS_SERVERS: at(cluster) } });
    expect(code).toBe(0);
    expect(stdout).toContain('It may be on a node that is out of reach.');
  });
});

describe('a cluster that can not be asked', () => {
  it('is not planned with: every figure would be 0', async () => {
    const cluster = await start(1);
    const [dead = ''] = cluster.nodes.map(({ id }) => id);
    await cluster.crashNode(dead);
    const { code, stdout, stderr } = await run(['plan', '--add', '1'], { env: { SESS_SERVERS: at(cluster) } });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(new RegExp(`nothing can be planned: ${dead} \\(.*ECONNREFUSED`));
  });

  it('is an error of its own exit code, as JSON where that was asked for', async () => {
    const cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const endpoint = cluster.configurationEndpoint;
    await cluster.close();
    const env = { SESS_SERVERS: `elasticache://${endpoint}?readyTimeoutMs=500` };
    for (const command of [['status'], ['doctor'], ['explain', 's/x'], ['plan', '--add', '1'], ['drain', 'x:1']]) {
      const outcome = await run([...command, '--json'], { env });
      expect(outcome).toMatchObject({ code: 3, stdout: '' });
      expect(JSON.parse(outcome.stderr)).toMatchObject({ error: { code: 'SESS_UNAVAILABLE' } });
    }
  });
});

describe('nodes that ask for a login', () => {
  it('are given what the environment says, and nothing of that is shown', async () => {
    const credentials = { username: 'operator', password: 'a-password-of-some-length' };
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded', credentials });
    const [id = ''] = cluster.nodes.map((node) => node.id);
    const env = { SESS_SERVERS: `memcached://${id}` };
    const login = { SESS_USERNAME: credentials.username, SESS_PASSWORD: credentials.password };
    expect(json(await run(['status', '--json'], { env: { ...env, ...login } }))).toMatchObject({
      nodes: [{ id, health: 'up', figures: { evictions: 0 } }],
    });
    const wrong = await run(['doctor'], { env: { ...env, ...login, SESS_PASSWORD: 'a-wrong-password' } });
    expect(wrong.code).not.toBe(0);
    expect(wrong.stdout + wrong.stderr).not.toContain('a-wrong-password');
    const half = await run(['status'], { env: { ...env, SESS_USERNAME: 'operator' } });
    expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining('SESS_PASSWORD') });
  });
});

describe('copies', () => {
  it('are found out, so that a look and a drain act as the application does', async () => {
    const cluster = await start(3);
    const client = await use(at(cluster), { copies: 2 });
    const answer = json(await run(['status', '--json'], { env: { SESS_SERVERS: at(cluster) } }));
    expect(answer).toMatchObject({ copies: 2, settingsDiffer: false, handovers: [] });
    const { owners } = client.explain(KEYS[0] ?? '');
    const explained = json(await run(['explain', KEYS[0] ?? '', '--json'], { env: { SESS_SERVERS: at(cluster) } }));
    expect(explained).toMatchObject({
      owners,
      standings: [{ holds: { kind: 'record' } }, { holds: { kind: 'record' } }],
    });
  });
});

/** As @sess/metrics tells it. */
function inMetric({ topology }: Client): string {
  return String(Number.parseInt(topology.ring?.fingerprint ?? '', 16));
}

describe('two settings in one fleet', () => {
  it('are two rings, which doctor names as the metric does; and one when a deploy is over', async () => {
    const cluster = await start(2);
    const clients = [await use(at(cluster)), await use(at(cluster), { copies: 2 })];
    const env = { SESS_SERVERS: at(cluster) };
    const rings = async (): Promise<string> => {
      const findings = json(await run(['doctor', '--json'], { env }))['findings'] as { check: string; what: string }[];
      return findings.find(({ check }) => check === 'fingerprints')?.what ?? 'one';
    };
    const [one = '', other = ''] = clients.map(inMetric);
    await expect.poll(rings).toContain(one);
    expect(await rings()).toContain(other);
    expect(await rings()).toContain('act on 2 rings');
    await clients[0]?.close();
    await expect.poll(rings).toBe('one');
  });
});

describe('a node without memory', () => {
  it('is what doctor finds first', { timeout: 120_000 }, async () => {
    const cluster = await start(1, { memoryMegabytes: 2 });
    const client = await use(at(cluster));
    const large = 'x'.repeat(20_000);
    for (let turn = 0; turn < 10; turn += 1)
      await Promise.all(KEYS.map((key) => client.set(`${key}-${turn}`, large, { ttlSeconds: 600 })));
    const outcome = await run(['doctor', '--json'], { env: { SESS_SERVERS: at(cluster) } });
    expect(outcome.code).toBe(1);
    expect(json(outcome)['findings']).toContainEqual(expect.objectContaining({ level: 'error', check: 'evictions' }));
    expect((await run(['doctor'], { env: { SESS_SERVERS: at(cluster) } })).stdout).toMatch(/^error {2}\S+: it evicted/);
  });
});
