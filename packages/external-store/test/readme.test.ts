import { readFile } from 'node:fs/promises';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StoreError, type StoreErrorCode } from '../src/index.ts';

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
    const { saved, gone } = await import('./readme-example.ts');
    expect(saved).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    expect(gone).toBeUndefined();
  });

  it.each(['servers', 'client', 'ttlSeconds', 'keyPrefix'])('explains the option %s', async (option) => {
    expect(await read('../README.md')).toMatch(new RegExp(`^\\| \`${option}\` `, 'm'));
  });

  it('names every error, with its status', async () => {
    const [readme, source] = await Promise.all([read('../README.md'), read('../src/errors.ts')]);
    const codes = [...source.matchAll(/\| '(SESS_\w+)'/g)].map(([, code]) => code as StoreErrorCode);
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes)
      expect(readme).toMatch(new RegExp(`\\| \`${code}\` +\\| (–|${new StoreError(code, '').statusCode})`));
  });
});
