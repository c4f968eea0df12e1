import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

import { runCommand, type CommandProcess } from '../command-process.ts';

async function started(
  ...words: readonly string[]
): Promise<{ readonly command: CommandProcess; readonly api: string }> {
  const command = runCommand([...'--elasticache --runtime embedded --time-scale 1000 --json'.split(' '), ...words]);
  const { apiEndpoint, ...event } = (await command.event()) as unknown as Record<string, unknown>;
  expect(event).toMatchObject({ event: 'started', clusterId: 'sess-local', runtime: 'embedded' });
  return { command, api: String(apiEndpoint) };
}

test('sess-cluster --elasticache takes commands and ends with its input', async () => {
  const { command } = await started('--nodes', '2');
  command.type('announce 0002');
  expect(await command.event()).toMatchObject({ event: 'nodes', command: 'announce', nodes: { length: 2 } });
  command.type('replace 0001');
  expect(await command.event()).toMatchObject({ command: 'replace' });
  command.type('replace 0007');
  expect(await command.event()).toMatchObject({ event: 'error', code: 'SESS_UNKNOWN_NODE' });
  command.type('add');
  expect(await command.event()).toMatchObject({
    event: 'error',
    message: expect.stringContaining('metric NAME VALUE'),
  });
  command.endInput();
  expect(await command.event()).toMatchObject({ event: 'stopped' });
  expect(await command.end()).toMatchObject({ code: 1 });
});

test.each([
  [['--api-port', '8000'], '--api-port needs --elasticache'],
  [['--elasticache', '--endpoint-only', '--list', 'a:1'], '--elasticache cannot be used with --endpoint-only'],
  [['--elasticache', '--time-scale', '0'], '--time-scale: expected a whole number from 1 to 10000'],
])('refuses %j', async (words, said) => {
  expect(await runCommand(words).end()).toMatchObject({ code: 2, errors: expect.stringContaining(said) });
});

async function aws(api: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)('aws', ['--output', 'json', ...words], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: api,
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'looks at it',
      AWS_DEFAULT_REGION: 'us-east-1',
    },
  });
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
}

const hasAws = spawnSync('aws', ['--version']).status === 0;

describe.skipIf(!hasAws)('the AWS CLI', () => {
  // Each call starts Python.
  test('describes, modifies and scales the cluster', { timeout: 180_000 }, async () => {
    const { command, api } = await started('--nodes', '3');
    const cluster = ['--cache-cluster-id', 'sess-local'];
    const modify = ['elasticache', 'modify-cache-cluster', ...cluster, '--num-cache-nodes', '2', '--apply-immediately'];
    await expect(aws(api, ...modify)).rejects.toThrow('InvalidParameterCombination');
    expect(await aws(api, ...modify, '--cache-node-ids-to-remove', '0002')).toMatchObject({
      CacheCluster: { CacheClusterStatus: 'modifying' },
    });
    const nodes = async (): Promise<unknown> => {
      command.type('list');
      const { nodes: listed } = await command.event();
      return (listed as unknown as readonly { readonly cacheNodeId: string }[]).map(({ cacheNodeId: id }) => id);
    };
    await expect.poll(nodes).toEqual(['0001', '0003']);
    const register = 'application-autoscaling register-scalable-target --service-namespace elasticache';
    const resource = '--resource-id cache-cluster/sess-local --scalable-dimension elasticache:cache-cluster:Nodes';
    await aws(api, ...`${register} ${resource} --min-capacity 3 --max-capacity 5`.split(' '));
    await expect.poll(nodes).toEqual(['0001', '0003', '0004']);
    const found = await aws(api, 'elasticache', 'describe-cache-clusters', ...cluster, '--show-cache-node-info');
    expect(found).toMatchObject({ CacheClusters: [{ CacheNodes: { length: 3 } }] });
  });
});
