import { readFile } from 'node:fs/promises';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the README', () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    vi.stubEnv('SESS_SERVERS', cluster.url);
    vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster.close();
  });

  it('shows an example that compiles', async () => {
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });

  it('shows an example that works', { timeout: 60_000 }, async () => {
    const { auth, storage } = await import('./readme-example.ts');
    const body = { email: 'user@shop.test', password: 'a long enough password', name: 'USER_123' };
    const { headers, response } = await auth.api.signUpEmail({ body, returnHeaders: true });
    const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
    const session = await auth.api.getSession({ headers: new Headers({ cookie: cookie.join('; ') }) });
    expect(session?.user.id).toBe(response.user.id);
    expect(await storage.get(session?.session.token ?? '')).toContain('USER_123');
    await storage.close();
  });
});
