import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Browser } from '@sess/conformance';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { compileDecorators } from './compile-decorators.ts';
import { ExampleProcess } from './example-process.ts';

const PAGE = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8');

/** The programs under a heading, as they stand. */
function programsUnder(heading: string): readonly string[] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```[jt]s\n(.*?)```/gs)].map(([, program = '']) => program);
}

let cluster: LocalCluster;
beforeAll(async () => {
  cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
});
afterAll(() => cluster.close());

async function start(heading: string, index = 0): Promise<ExampleProcess> {
  return run(programsUnder(heading)[index] ?? 'throw new Error("no such program")');
}

function run(program: string): Promise<ExampleProcess> {
  return ExampleProcess.start(program, {
    SESS_SERVERS: `elasticache://${cluster.configurationEndpoint}?timeoutMs=10000`,
    SESS_SECRET: 'a secret of at least thirty-two bytes',
    PAUSE_MS: '20',
  });
}

function cookieOf(browser: Browser): string {
  return [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

/** A login is another cookie, and after the logout the session is dead for who kept it. */
async function logsInAndOut(browser: Browser, status: number): Promise<void> {
  expect(await browser.json('/profile')).toEqual({ user: null });
  expect((await browser.post('/login')).status).toBe(status);
  const before = cookieOf(browser);
  expect((await browser.post('/login')).status).toBe(status);
  expect(cookieOf(browser)).not.toBe(before);
  expect(await browser.json('/profile')).toEqual({ user: 'USER_123' });
  const thief = browser.copy();
  expect((await browser.post('/logout')).status).toBe(status);
  for (const visitor of [browser, thief]) expect(await visitor.json('/profile')).toEqual({ user: null });
}

describe('docs/compatibility.md runs', () => {
  it.each(['@fastify/passport', 'koa-passport', 'passport'])('%s', async (heading) => {
    await using app = await start(heading);
    const browser = new Browser(app.url);
    expect((await browser.get('/profile?tab=1')).headers.get('location')).toBe('/login');
    const logIn = async (password: string): Promise<string | null> =>
      (await browser.post('/login', { username: 'USER_123', password })).headers.get('location');
    expect(await logIn('guess')).toBe('/login');
    expect(await browser.json('/login')).toEqual({ messages: ['wrong name or password'] });
    expect(await browser.json('/login')).toEqual({ messages: [] });
    expect(await logIn('opensesame')).toBe('/profile?tab=1');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123' });
    expect((await browser.post('/logout')).status).toBe(200);
    expect((await browser.get('/profile')).status).toBe(302);
  });

  it.each(['@fastify/flash', 'connect-flash'])('%s', async (heading) => {
    await using app = await start(heading);
    const browser = new Browser(app.url);
    expect((await browser.post('/save')).headers.get('location')).toBe('/page');
    expect(await browser.json('/page')).toEqual({ messages: ['saved'] });
    expect(await browser.json('/page')).toEqual({ messages: [] });
  });

  it.each(['@fastify/csrf-protection', 'koa-csrf', 'csrf-sync'])('%s', async (heading) => {
    await using app = await start(heading);
    const browser = new Browser(app.url);
    const { token } = (await browser.json('/form')) as { token: string };
    expect((await browser.post('/form')).status).toBe(403);
    expect((await browser.post('/form', { _csrf: token })).status).toBe(200);
    expect((await browser.post('/login', { _csrf: token })).status).toBe(200);
    expect((await browser.post('/form', { _csrf: token })).status).toBe(403);
  });

  it('WebSockets', async () => {
    await using app = await start('WebSockets');
    const browser = new Browser(app.url);
    const open = (): WebSocket =>
      new WebSocket(`${app.url.replace('http', 'ws')}/chat`, { headers: { cookie: cookieOf(browser) } });
    const refused = open();
    expect(await once(refused, 'error')).toMatchObject([{ message: expect.stringContaining('401') }]);
    await browser.post('/login');
    const socket = open();
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('USER_123: hello');
    await browser.post('/logout');
    socket.send('still here?');
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4401, 'SESS_DESTROYED']);
  });

  it('Server-sent events', async () => {
    await using app = await start('Server-sent events');
    const browser = new Browser(app.url);
    expect((await browser.get('/events')).status).toBe(401);
    await browser.post('/login');
    const { headers, body } = await fetch(`${app.url}/events`, { headers: { cookie: cookieOf(browser) } });
    expect(headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    for await (const chunk of body ?? []) {
      const before = text;
      text += Buffer.from(chunk).toString();
      if (before === '') await browser.post('/logout');
    }
    expect(text).toMatch(/^data: USER_123 1\n\n(?:data: USER_123 \d+\n\n)*event: end\ndata: SESS_DESTROYED\n\n$/);
  });

  it('GraphQL subscriptions', async () => {
    await using app = await start('GraphQL subscriptions');
    const login = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { login }' }),
    });
    expect(await login.json()).toEqual({ data: { login: 'USER_123' } });
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { cookie },
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    expect(String((await once(socket, 'message'))[0])).toContain('connection_ack');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { ticks }' } }));
    expect(String((await once(socket, 'message'))[0])).toContain('for USER_123');
    socket.close();
  });

  it.each(['NestJS on Fastify', 'NestJS on Express'])('%s', { timeout: 60_000 }, async (heading) => {
    const [program = ''] = programsUnder(heading);
    await using app = await run(await compileDecorators(program));
    await logsInAndOut(new Browser(app.url), 201);
  });

  it('koa-generic-session', async () => {
    await using app = await start('koa-generic-session');
    await logsInAndOut(new Browser(app.url), 200);
  });

  it.each([
    ['Fastify', 0],
    ['Koa', 1],
  ])('HTTP/2 with %s', async (_, index) => {
    await using app = await start('HTTP/2', index);
    const session = connect(app.url);
    const ask = async (method: string, path: string, cookie = ''): Promise<{ cookie: string; body: unknown }> => {
      const stream = session.request({ ':method': method, ':path': path, ...(cookie === '' ? {} : { cookie }) });
      const [headers] = (await once(stream, 'response')) as [{ 'set-cookie'?: string[] }];
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      return { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '', body: JSON.parse(text) };
    };
    try {
      const { cookie } = await ask('POST', '/login');
      expect((await ask('GET', '/profile', cookie)).body).toEqual({ user: 'USER_123' });
      expect((await ask('GET', '/profile')).body).toEqual({ user: null });
    } finally {
      session.close();
    }
  });
});
