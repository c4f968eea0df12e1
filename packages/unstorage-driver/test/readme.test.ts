import { readFile } from 'node:fs/promises';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the README', () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    vi.stubEnv('SESS_SERVERS', cluster.url);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster.close();
  });

  it('shows an example that compiles', async () => {
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });

  it('shows an example that works', async () => {
    const { cart, gone } = await import('./readme-example.ts');
    expect([cart, gone]).toEqual([['sku-1'], null]);
  });

  it('shows the configuration of the Nitro application that another test builds', async () => {
    const config = (await read('./fixtures/shop/nitro.config.js')).split('*/\n')[1] ?? 'nothing';
    expect(await read('../README.md')).toContain(config);
  });

  it.each(['servers', 'client', 'ttlSeconds', 'keyPrefix', 'base', 'onListing', 'onUnavailable'])(
    'explains the option %s',
    async (option) => {
      expect(await read('../README.md')).toMatch(new RegExp(`^\\| \`${option}\` `, 'm'));
    },
  );
});
