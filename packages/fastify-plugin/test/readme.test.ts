import { readFile } from 'node:fs/promises';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the README', () => {
  let cluster: LocalCluster | undefined;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    vi.stubEnv('SESS_SERVERS', `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`);
    vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
    vi.stubEnv('PORT', '0');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster?.close();
  });

  it('shows an example that compiles', async () => {
    const example = await read('./readme-example.ts');
    expect(await read('../README.md')).toContain(example.replace(/^\/\*.*\*\/\n/, ''));
  });

  it('shows an example that works', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { app } = await import('./readme-example.ts');
    const [cookie] = (await app.inject({ method: 'POST', url: '/login' })).cookies;
    const profile = await app.inject({ url: '/profile', cookies: { [cookie?.name ?? '']: cookie?.value ?? '' } });
    expect(profile.json()).toEqual({ user: 'USER_123' });
    expect((await app.inject('/health')).body).toBe('ok');
    await app.close();
  });
});
