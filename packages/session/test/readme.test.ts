import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolveOptions } from '../src/options/resolve-options.ts';
import { memoryStore } from '../src/stores/memory-store.ts';

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

  it('names every error, with its status', async () => {
    const [readme, source] = await Promise.all([read('../README.md'), read('../src/errors.ts')]);
    const kinds = [...source.matchAll(/(SESS_\w+): \{ statusCode: (\d+)/g)].map(([, code, status]) => ({
      code,
      status,
    }));
    expect(kinds.length).toBeGreaterThan(10);
    for (const { code, status } of kinds) expect(readme).toMatch(new RegExp(`\\| \`${code}\` +\\| (–|${status})`));
  });

  it('says unit and default of each timeout as they are', async () => {
    const readme = await read('../README.md');
    const { ttlSeconds, absoluteTtlSeconds, renewAfterSeconds, touchAfterSeconds, graceSeconds } = resolveOptions({
      store: memoryStore(),
      secret: 'a secret of at least thirty-two bytes',
    });
    const inWords = { renewAfterSeconds: 'never', touchAfterSeconds: 'a tenth of `ttlSeconds`' };
    expect([renewAfterSeconds, touchAfterSeconds]).toEqual([undefined, ttlSeconds / 10]);
    for (const [name, byDefault] of Object.entries({ ttlSeconds, absoluteTtlSeconds, graceSeconds, ...inWords })) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      const [, , unit, said] = (row ?? '').split('|').map((cell) => cell.trim());
      expect([name, unit]).toEqual([name, 'whole seconds']);
      expect([name, said?.replace(/ \(.*\)$/, '')]).toEqual([name, byDefault.toLocaleString('en')]);
    }
  });

  it('names every option', async () => {
    const [readme, source] = await Promise.all([read('../README.md'), read('../src/options/options.ts')]);
    const declared = source.slice(
      source.indexOf('interface SessionsOptions'),
      source.indexOf('interface ResolvedCookie'),
    );
    const names = [...declared.matchAll(/readonly (\w+)\?/g)].map(([, name]) => name);
    expect(names).toContain('ttlSeconds');
    for (const name of names.filter((each) => each !== 'cookie'))
      expect(readme).toMatch(new RegExp(`^\\| \`(cookie\\.)?${name}\``, 'm'));
  });
});
