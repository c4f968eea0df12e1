import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser } from './browser.ts';
import { readmeOf } from './option-types.ts';

const PACKAGES = new URL('../../../packages/', import.meta.url);

/** What an example exports for its test; its own package checks its types. */
interface Example {
  readonly server?: Server;
  readonly app?: { readonly server: Server; close(): Promise<void> };
  readonly store?: Closable;
  readonly middleware?: Closable;
  readonly saved?: unknown;
  readonly gone?: unknown;
  readonly cart?: unknown;
  readonly auth?: { readonly api: AuthApi };
  readonly storage?: Closable & { get(key: string): unknown };
}

interface AuthApi {
  signUpEmail(request: object): Promise<{ readonly headers: Headers; readonly response: SignedUp }>;
  getSession(request: object): Promise<(SignedUp & { readonly session: { readonly token: string } }) | null>;
}

interface SignedUp {
  readonly user: { readonly id: string };
}

interface Closable {
  close(): Promise<void>;
}

/** A user logs in, and is known from then on. */
async function keepsAUser({ app, server = app?.server, store, middleware }: Example): Promise<void> {
  if (server === undefined) throw new Error('the example exports a server, or an application that has one');
  if (!server.listening) await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = new Browser();
  expect(await browser.ask(`${origin}/profile`)).toEqual({ user: null });
  await browser.text(`${origin}/login`, 'POST');
  expect(await browser.ask(`${origin}/profile`)).toEqual({ user: 'USER_123' });
  server.closeAllConnections();
  const closed = once(server, 'close');
  server.close();
  await closed;
  await app?.close();
  await Promise.all([store?.close(), middleware?.close()]);
}

/** Counts the visits of a browser. */
async function countsVisits({ server }: Example): Promise<void> {
  if (server === undefined) throw new Error('the example exports a server');
  if (!server.listening) await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = new Browser();
  expect(await browser.text(origin)).toBe('Visit 1\n');
  expect(await browser.text(origin)).toBe('Visit 2\n');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/** A user who signs up is known from then on. */
async function signsUp({ auth, storage }: Example): Promise<void> {
  const body = { email: 'user@shop.test', password: 'a long enough password', name: 'USER_123' };
  const { headers, response } = await (auth?.api.signUpEmail({ body, returnHeaders: true }) ?? expect.unreachable());
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
  const session = await auth?.api.getSession({ headers: new Headers({ cookie: cookie.join('; ') }) });
  expect(session?.user.id).toBe(response.user.id);
  expect(await storage?.get(session?.session.token ?? '')).toContain('USER_123');
  await storage?.close();
}

const EXAMPLES: readonly { readonly name: string; readonly works: (example: Example) => Promise<void> | void }[] = [
  { name: 'session', works: countsVisits },
  { name: 'better-auth', works: signsUp },
  { name: 'fastify-plugin', works: keepsAUser },
  { name: 'koa-middleware', works: keepsAUser },
  { name: 'express-middleware', works: keepsAUser },
  { name: 'express-session-store', works: keepsAUser },
  { name: 'koa-session-store', works: keepsAUser },
  {
    name: 'external-store',
    works: ({ saved, gone }) => {
      expect(saved).toEqual({ user: 'USER_123', cart: ['sku-1'] });
      expect(gone).toBeUndefined();
    },
  },
  {
    name: 'unstorage-driver',
    works: ({ cart, gone }) => {
      expect([cart, gone]).toEqual([['sku-1'], null]);
    },
  },
];

describe.each(EXAMPLES)('the README of $name', ({ name, works }) => {
  const place = new URL(`${name}/test/readme-example.ts`, PACKAGES);
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    vi.stubEnv('SESS_SERVERS', `${cluster.url}?timeoutMs=10000`);
    vi.stubEnv('SESS_SECRET', 'a secret of at least thirty-two bytes');
    vi.stubEnv('PORT', '0');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster.close();
  });

  it('shows the example that its package type-checks', () => {
    const example = readFileSync(place, 'utf8').replace(/^\/\* oxlint-.*\*\/\n/, '');
    expect(readmeOf(name)).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it('shows an example that works', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await works((await import(place.href)) as Example);
  });
});

describe.each([
  { name: 'client', output: 'hello, world\n' },
  { name: 'memjs-transport', output: 'hello undefined\n' },
])('the README of $name', ({ name, output }) => {
  it('shows an example that runs as it stands, and ends by itself', async () => {
    const [, example = ''] = /## Ten lines\n\n```js\n(.*?)```/s.exec(readmeOf(name)) ?? [];
    await using cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    const said = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', example], {
      // Inside the package its own name leads to what is published.
      cwd: new URL(name, PACKAGES),
      env: { ...process.env, SESS_SERVERS: cluster.url },
      timeout: 15_000,
    });
    expect(said).toEqual({ stdout: output, stderr: '' });
  });
});
