import { createClient, deriveHistorySecret } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { shop } from './elasticache/shop.ts';
import { application, json, KEYS, PACE, run, SECRET } from './run.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');
const WRONG = 'another secret of at least thirty-two bytes';

async function cluster(): Promise<{ readonly node: string; readonly servers: string }> {
  const started = await startLocalCluster({ nodes: 2, runtime });
  onTestFinished(() => started.close());
  const [node = ''] = started.nodes.map(({ id }) => id);
  return { node, servers: `elasticache://${started.configurationEndpoint}?${PACE}` };
}

async function use(servers: string): Promise<void> {
  const client = await application(servers, KEYS);
  onTestFinished(() => client.close());
}

describe('a secret that is not the application’s', () => {
  it('changes nothing, and is named as it was given', { timeout: 60_000 }, async () => {
    const { node, servers } = await cluster();
    await use(servers);
    const given: [string, Record<string, string>][] = [
      ['SESS_SECRET', { SESS_SECRET: WRONG }],
      ['SESS_HISTORY_SECRET', { SESS_HISTORY_SECRET: WRONG }],
      ['historySecret in SESS_SERVERS', { SESS_SERVERS: `${servers}&historySecret=${encodeURIComponent(WRONG)}` }],
    ];
    for (const words of [
      ['drain', node],
      ['drain', node, '--put-back'],
      ['drain', '--self', '--node', node],
      ['finish'],
    ])
      for (const [name, env] of given) {
        const { code, stdout, stderr } = await run(words, { env: { SESS_SERVERS: servers, ...env } });
        expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
        expect(stderr).toContain(`Compare ${name} with`);
        expect(stderr).not.toContain(WRONG);
      }
    // A client with the wrong secret would now count as one that uses the node, and the right one would be refused.
    expect(await run(['drain', node], { env: { SESS_SERVERS: servers } })).toMatchObject({ code: 0 });
  });

  it('is missed where there is none', async () => {
    const { node, servers } = await cluster();
    await use(servers);
    const { code, stderr } = await run(['drain', node], { env: { SESS_SERVERS: servers, SESS_SECRET: '' } });
    expect(code).toBe(2);
    expect(stderr).toContain('Set SESS_SECRET');
  });

  it('puts no node back that it does not see as drained', { timeout: 60_000 }, async () => {
    const { node, servers } = await cluster();
    await use(servers);
    const putBack = ['drain', '--self', '--node', node, '--put-back'];
    const { code, stdout } = await run(putBack, { env: { SESS_SERVERS: servers, SESS_SECRET: WRONG } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('removes no node of ElastiCache, and guards none', { timeout: 60_000 }, async () => {
    const { sess } = await shop({ nodes: 2 });
    const timed = '--until-expired --timeout 0.2 --interval 0.1';
    for (const words of [
      `scale-in --nodes 1 ${timed}`,
      `replace --all ${timed}`,
      `guard --no-policy --at 00:00=1 ${timed}`,
    ]) {
      const { code, stderr } = await sess(words, { env: { SESS_SECRET: WRONG }, signal: AbortSignal.timeout(10_000) });
      expect({ words, code }).toEqual({ words, code: 2 });
      expect(stderr).toContain('Compare SESS_SECRET with');
    }
  });

  it('is told of by status, where the nodes are in use', async () => {
    const { servers } = await cluster();
    const env = { SESS_SERVERS: servers, SESS_SECRET: WRONG };
    expect((await run(['status'], { env })).stdout).not.toContain('SESS_SECRET');
    await use(servers);
    expect((await run(['status'], { env })).stdout).toContain('Compare SESS_SECRET with');
    expect((await run(['status'], { env: { SESS_SERVERS: servers } })).stdout).not.toContain('SESS_SECRET');
  });
});

it('names the secret when clients with the same and with another one use a node', async () => {
  const { node, servers } = await cluster();
  await use(servers);
  const stranger = createClient({ servers, historySecret: deriveHistorySecret(WRONG) });
  onTestFinished(() => stranger.close());
  await stranger.ready();
  await stranger.set('s/another', 'one', { ttlSeconds: 60 });
  const refused = await run(['drain', node, '--json'], { env: { SESS_SERVERS: servers } });
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stderr)).toMatchObject({
    error: { code: 'SESS_BAD_OPTION', message: expect.stringMatching(/historySecret.*SESS_SECRET/) },
  });
  expect(refused.stderr).not.toContain(SECRET);
  expect(json(await run(['status', '--json'], { env: { SESS_SERVERS: servers } }))).toBeDefined();
});
