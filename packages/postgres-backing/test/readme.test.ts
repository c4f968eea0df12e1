import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { startPostgres, type PostgresServer } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');
const LONG_MS = 120_000;

describe('the README', () => {
  it('shows an example that compiles', async () => {
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });
});

describe.runIf(inject('programs').includes('postgres'))('the example', { timeout: LONG_MS }, () => {
  let database: PostgresServer;
  let cluster: LocalCluster;
  beforeAll(async () => {
    [database, cluster] = await Promise.all([startPostgres(), startLocalCluster({ nodes: 2, runtime: 'embedded' })]);
    vi.stubEnv('DATABASE_URL', database.connectionString);
    vi.stubEnv('SESS_SERVERS', `elasticache://${cluster.configurationEndpoint}`);
    vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
    vi.stubEnv('PORT', '0');
  }, LONG_MS);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([database?.close(), cluster?.close()]);
  }, LONG_MS);

  it('keeps a session though every node of the cache loses it', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { server, sessions } = await import('./readme-example.ts');
    if (!server.listening) await once(server, 'listening');
    await sessions.ready();
    const { port } = server.address() as AddressInfo;
    const visit = async (cookie?: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}`, cookie === undefined ? {} : { headers: { cookie } });
    const first = await visit();
    expect(await first.text()).toBe('Visit 1\n');
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    for (const { id } of cluster.nodes) {
      await cluster.crashNode(id);
      await cluster.restartNode(id);
    }
    expect(await (await visit(cookie)).text()).toBe('Visit 2\n');
    server.closeAllConnections();
    server.close();
    await sessions.close();
  });
});
