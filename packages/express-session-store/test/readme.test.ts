import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StoreError, type StoreErrorCode } from '../src/index.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the README', () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    vi.stubEnv('SESS_SERVERS', cluster.url);
    vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
    vi.stubEnv('PORT', '0');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster.close();
  });

  it('shows an example that compiles', async () => {
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });

  it('shows an example that works', { timeout: 60_000 }, async () => {
    const { server, store } = await import('./readme-example.ts');
    if (!server.listening) await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const login = await fetch(`${origin}/login`, { method: 'POST' });
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    await login.text();
    expect(await (await fetch(`${origin}/profile`, { headers: { cookie } })).json()).toEqual({ user: 'USER_123' });
    expect(await (await fetch(`${origin}/profile`)).json()).toEqual({ user: null });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await store.close();
  });

  it.each(['servers', 'client', 'ttlSeconds', 'keyPrefix', 'onOutage'])('explains the option %s', async (option) => {
    expect(await read('../README.md')).toMatch(new RegExp(`^\\| \`${option}\` `, 'm'));
  });

  it('names every error, with its status', async () => {
    const [readme, source] = await Promise.all([read('../README.md'), read('../../external-store/src/errors.ts')]);
    const codes = [...source.matchAll(/\| '(SESS_\w+)'/g)].map(([, code]) => code as StoreErrorCode);
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes)
      expect(readme).toMatch(new RegExp(`\\| \`${code}\` +\\| (–|${new StoreError(code, '').statusCode})`));
  });
});
