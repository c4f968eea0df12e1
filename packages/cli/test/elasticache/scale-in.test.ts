import { ElastiCacheClient, ModifyCacheClusterCommand } from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';

import { application, json, KEYS, run } from '../run.ts';
import { sessProcess } from '../sess-process.ts';
import { closeShops, settled, shop, whenSaid, type Shop } from './shop.ts';
import { putCapacity } from './tracking-policy.ts';

const QUICK = '--interval 0.1';
const PATIENT = { timeout: 50_000 };

vi.setConfig({ testTimeout: 180_000 });

afterEach(closeShops);

const whats = (steps: unknown): readonly string[] => (steps as readonly { what: string }[]).map(({ what }) => what);

/** As AWS's own scaling out does it. */
async function addNode({ aws, nodeIds }: Shop): Promise<void> {
  const client = new ElastiCacheClient({
    endpoint: aws.apiEndpoint,
    region: 'local',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await client.send(
    new ModifyCacheClusterCommand({
      CacheClusterId: aws.clusterId,
      NumCacheNodes: nodeIds().length + 1,
      ApplyImmediately: true,
    }),
  );
  client.destroy();
}

describe.each(inject('mainRuntimes'))('sess elasticache scale-in (%s)', (runtime) => {
  it('takes the nodes that AWS would take, side by side, and loses nothing', async () => {
    const site = await shop({ runtime });
    const outcome = await site.sess(`scale-in --nodes 2 --json ${QUICK}`);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(json(outcome)).toMatchObject({
      cluster: 'sess-local',
      removed: [{ cacheNodeId: '0004' }, { cacheNodeId: '0003' }],
    });
    expect(whats(json(outcome)['steps'])).toEqual([
      'Drain 0004, 0003',
      expect.stringMatching(/^000[34] is drained: \d+ keys looked at, \d+ carried$/),
      expect.stringMatching(/^000[34] is drained: /),
      'Nothing is lost without 0004, 0003',
      'AWS takes 0004, 0003 away',
      '0004, 0003 are gone',
    ]);
    expect(site.nodeIds()).toEqual(['0001', '0002']);
    await site.expectNothingMissing();
    expect(await site.sess('scale-in --nodes 2')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to do'),
    });
  });
});

describe('sess elasticache scale-in', () => {
  it('takes the nodes that are named', async () => {
    const site = await shop();
    expect(await site.sess(`scale-in --ids 0002 0001 ${QUICK}`)).toMatchObject({ code: 0 });
    expect(site.nodeIds()).toEqual(['0003', '0004']);
    await site.expectNothingMissing();
    // A repeated command succeeds, as after a crash at the very end. An id that never existed is an error.
    expect(await site.sess('scale-in --ids 0002')).toMatchObject({ code: 0 });
    for (const slip of ['0009', '00.2', '(0002'])
      expect(await site.sess(`scale-in --ids ${slip}`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`no node ${slip}`),
      });
  });

  it('says what it would do, and does nothing, with --dry-run', async () => {
    const site = await shop();
    const outcome = await site.sess('scale-in --nodes 3 --dry-run');
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0004 (sess-local.0004.local.cache.test:'),
    });
    expect(site.nodeIds()).toHaveLength(4);
    expect(site.client.topology.drains.size).toBe(0);
  });

  it('refuses while sessions are on their way to a node that joined', async () => {
    const site = await shop({ nodes: 3 });
    await addNode(site);
    await site.aws.settled();
    await expect.poll(() => site.client.topology.rotation.length).toBe(4);
    const outcome = await site.sess('scale-in --ids 0001 --json');
    expect(outcome.code).toBe(1);
    expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'handover-open' }], removed: [] });
    await settled(site);
    // A new client learns a moment later that the handover is finished.
    await expect.poll(async () => (await site.sess(`scale-in --ids 0001 ${QUICK}`)).code, PATIENT).toBe(0);
    await site.expectNothingMissing();
  });

  it('takes the very node that joined away again, while sessions are on their way to it', async () => {
    const site = await shop({ nodes: 3 });
    await addNode(site);
    await site.aws.settled();
    await expect.poll(() => site.client.topology.rotation.length).toBe(4);
    await expect.poll(async () => (await site.sess(`scale-in --nodes 3 ${QUICK}`)).code, PATIENT).toBe(0);
    expect(site.nodeIds()).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
  });

  it('refuses when the memory that stays would not hold what moves', async () => {
    const site = await shop({ nodes: 2, memoryMegabytes: 1 });
    await site.fill(120);
    const outcome = await site.sess('scale-in --nodes 1');
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('Not now (memory)') });
    expect(site.nodeIds()).toHaveLength(2);
  });

  it('takes no node that auto scaling would add again at once', async () => {
    const site = await shop();
    await putCapacity(site.aws, { min: 3, max: 9 });
    for (const words of ['--nodes 2', '--nodes 2 --dry-run', '--ids 0001 0003']) {
      const outcome = await site.sess(`scale-in ${words} --json ${QUICK}`);
      expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('--min-capacity 2') });
      expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'min-capacity' }], removed: [], steps: [] });
    }
    expect(site.client.topology.drains.size).toBe(0);
    expect(await site.sess(`scale-in --nodes 3 ${QUICK}`)).toMatchObject({ code: 0 });
    expect(site.nodeIds()).toEqual(['0001', '0002', '0003']);
    await site.expectNothingMissing();
  });

  it('removes nothing if the minimum of auto scaling has risen during the drain', async () => {
    const site = await shop();
    await putCapacity(site.aws, { min: 1, max: 9 });
    // Until the minimum has risen, AWS is busy.
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    let raised: Promise<void> | undefined;
    const outcome = await site.sess(`scale-in --nodes 3 --json ${QUICK}`, {
      heard: (text) => {
        if (text.includes('Drain 0004')) raised ??= putCapacity(site.aws, { min: 4, max: 9 });
      },
    });
    await raised;
    expect(outcome.code).toBe(1);
    expect(json(outcome)).toMatchObject({ obstacles: [{ reason: 'min-capacity' }], removed: [] });
    expect(site.nodeIds()).toHaveLength(4);
    await site.expectNothingMissing();
  });

  it('goes on where it may not ask for MinCapacity, and says so once', async () => {
    const site = await shop({ nodes: 3 });
    for (let times = 0; times < 2; times += 1)
      site.aws.refuseNext('DescribeScalableTargets', { code: 'AccessDeniedException', httpStatus: 403 });
    const outcome = await site.sess(`scale-in --nodes 2 ${QUICK}`);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(outcome.stderr.split('MinCapacity and MaxCapacity of auto scaling were not checked')).toHaveLength(2);
  });

  it.each([
    ['fewer nodes than copies would stay', 2, 'scale-in --nodes 1', 'too-few-nodes'],
    ['a node does not answer', 1, 'scale-in --nodes 3', 'node-down'],
  ])('refuses when %s', async (_, copies, words, reason) => {
    const site = await shop({ copies });
    if (reason === 'node-down') {
      await site.aws.crashNode('0001');
      await expect.poll(() => [...site.client.topology.states.values()]).toContain('down');
    }
    const outcome = await site.sess(`${words} --json`);
    expect(outcome.code).toBe(1);
    expect((json(outcome)['obstacles'] as readonly { reason: string }[]).map((one) => one.reason)).toContain(reason);
    expect(site.nodeIds()).toHaveLength(4);
  });

  it.each([['--nodes 2 --ids 0001'], [''], ['--nodes 0'], ['--ids 0001 0002 0003 0004']])(
    'refuses the words "%s"',
    async (words) => {
      const site = await shop();
      expect(await site.sess(`scale-in ${words}`.trim())).toMatchObject({ code: 2 });
      expect(site.client.topology.drains.size).toBe(0);
    },
  );
});

describe('a scale-in that something comes in between of', () => {
  const WORDS = `scale-in --nodes 2 ${QUICK}`;

  it.each(['Drain 0004', '0004 is drained', 'Nothing is lost', 'AWS takes', 'waiting until'])(
    'goes on after Ctrl-C at "%s"',
    async (said) => {
      const site = await shop({ timeScale: 100 });
      const stopped = await site.sess(WORDS, { isTTY: true, ...whenSaid(said) });
      // On a busy machine, the command may finish before the signal arrives.
      expect([0, 130], stopped.stderr).toContain(stopped.code);
      if (stopped.code === 130) expect(stopped.stderr).toContain('run the same command again');
      await site.expectNothingMissing();
      await expect.poll(async () => (await site.sess(WORDS)).code, PATIENT).toBe(0);
      expect(site.nodeIds()).toEqual(['0001', '0002']);
      await site.expectNothingMissing();
    },
  );

  it.each(['Drain 0004', '0004 is drained', 'Nothing is lost', 'AWS takes'])(
    'goes on after kill -9 at "%s"',
    async (said) => {
      const site = await shop({ timeScale: 100 });
      const words = ['elasticache', ...WORDS.split(' '), '--cluster', 'sess-local'];
      await using child = sessProcess(words, site.env);
      await child.says(RegExp(said), 'errors');
      await child.close();
      await site.expectNothingMissing();
      await expect.poll(async () => (await site.sess(WORDS)).code, PATIENT).toBe(0);
      expect(site.nodeIds()).toEqual(['0001', '0002']);
      await site.expectNothingMissing();
    },
  );

  it('asks AWS again where it is busy, and goes on after any other refusal when it is run again', async () => {
    const site = await shop();
    site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    site.aws.refuseNext('ModifyCacheCluster', { code: 'AccessDenied', message: 'not allowed', httpStatus: 403 });
    const refused = await site.sess(WORDS);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('not allowed') });
    expect([...site.client.topology.drains.values()]).toEqual(['drained', 'drained']);
    await site.expectNothingMissing();
    const again = await site.sess(`${WORDS} --json`);
    expect(again.code).toBe(0);
    expect(whats(json(again)['steps'])).toContain('0004 was drained before');
    await site.expectNothingMissing();
  });

  it('asks AWS again where it throttles, in every step', { timeout: 120_000 }, async () => {
    const site = await shop();
    // More errors than the SDK's own three attempts.
    const throttle = (): void => {
      for (let times = 0; times < 4; times += 1) site.aws.refuseNext('DescribeCacheClusters', { code: 'Throttling' });
    };
    throttle();
    const steps = ['Nothing is lost', 'AWS takes'];
    const outcome = await site.sess(WORDS, {
      isTTY: true,
      heard: (text) => steps.some((step) => text.includes(step)) && throttle(),
    });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(outcome.stderr.split('AWS: Throttling; asks again').length).toBeGreaterThanOrEqual(4);
    await site.expectNothingMissing();
  });

  it('goes on where the memory that stays is nearly full, once the drained nodes hold what the others have, too', async () => {
    const site = await shop({ nodes: 3, memoryMegabytes: 1 });
    await site.fill(145);
    site.aws.refuseNext('ModifyCacheCluster', { code: 'AccessDenied', httpStatus: 403 });
    expect(await site.sess(WORDS)).toMatchObject({ code: 3 });
    const again = await site.sess(WORDS);
    expect(again, again.stdout).toMatchObject({ code: 0 });
    expect(site.nodeIds()).toEqual(['0001', '0002']);
  });

  it('takes nothing away that was put back while AWS was busy', async () => {
    const site = await shop();
    for (let times = 0; times < 10_000; times += 1)
      site.aws.refuseNext('ModifyCacheCluster', { code: 'InvalidCacheClusterState' });
    const last = site.aws.nodes.at(-1)?.id ?? '';
    let back: Promise<void> | undefined;
    const outcome = await site.sess(WORDS, {
      isTTY: true,
      heard: (text) => void (text.includes('InvalidCacheClusterState') && (back ??= site.client.putBack(last))),
    });
    await back;
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('0004 was put back') });
    expect(site.nodeIds()).toHaveLength(4);
    await site.expectNothingMissing();
  });

  it('removes nothing when somebody else changed the cluster meanwhile', async () => {
    const site = await shop({ timeScale: 2_000 });
    let added: Promise<void> | undefined;
    const outcome = await site.sess(WORDS, {
      heard: (text) => void (text.includes('Drain 0004') && (added ??= addNode(site))),
    });
    await added;
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('Not now (cluster-changed)') });
    expect(site.nodeIds()).toHaveLength(5);
    await site.expectNothingMissing();
  });

  it('ends well when an application server dies in the middle', async () => {
    const site = await shop();
    const other = await application(site.env['SESS_SERVERS'] ?? '', KEYS.slice(0, 1));
    const outcome = await site.sess(WORDS, { heard: (text) => text.includes('Drain 0004') && other.destroy() });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    await site.expectNothingMissing();
  });

  it('says what to do when a node that is drained dies before it is empty, and takes nothing away', async () => {
    const site = await shop();
    const outcome = await site.sess(`${WORDS} --keys-per-second 5`, {
      heard: (text) => void (text.includes('Drain 0004') && site.aws.crashNode('0004')),
    });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toContain('sess-local.0004');
    expect(site.nodeIds()).toHaveLength(4);
  });
});

it('tells nodes and their zones', async () => {
  const site = await shop({ nodes: 2 });
  const outcome = await site.sess('nodes --json');
  expect(json(outcome)).toMatchObject({
    cluster: 'sess-local',
    status: 'available',
    zones: { [site.aws.nodes[0]?.id ?? '']: 'local-1a', [site.aws.nodes[1]?.id ?? '']: 'local-1b' },
  });
});

it('asks for the name of the cluster where the endpoint does not tell it, and for the SDK where it is missing', async () => {
  expect(await run(['elasticache', 'nodes'], { env: { SESS_SERVERS: 'memcached://127.0.0.1:1' } })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--cluster NAME'),
  });
  const hook = `export const resolve = (name, context, next) => {
    if (name.startsWith('@aws-sdk/')) throw Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  };`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
  const words = ['elasticache', 'nodes', '--cluster', 'x'];
  await using child = sessProcess(words, { SESS_SERVERS: 'memcached://127.0.0.1:1' }, register);
  const { code } = await child.ended;
  expect({ code, errors: child.errors }).toEqual({
    code: 2,
    errors: expect.stringContaining('npm install --global @sess/cli @aws-sdk/client-elasticache'),
  });
});
