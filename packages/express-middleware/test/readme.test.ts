import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser } from '@sess/conformance';

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
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });

  it('shows an example that works', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { server, middleware } = await import('./readme-example.ts');
    if (!server.listening) await once(server, 'listening');
    const browser = new Browser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await browser.json('/profile')).toEqual({ user: null });
    await browser.post('/login');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123' });
    expect(await (await browser.fetch('/health')).text()).toBe('ok');
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await middleware.close();
  });
});
