import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

beforeAll(() => {
  vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
  vi.stubEnv('PORT', '0');
});
afterAll(() => vi.unstubAllEnvs());

describe('the README', () => {
  it('shows an example that compiles', async () => {
    expect(await read('../README.md')).toContain(await read('./readme-example.ts'));
  });

  it('shows an example that works', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { server } = await import('./readme-example.ts');
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const first = await fetch(`http://127.0.0.1:${port}`);
    expect(await first.text()).toBe('Visit 1\n');
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await (await fetch(`http://127.0.0.1:${port}`, { headers: { cookie } })).text()).toBe('Visit 2\n');
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});
