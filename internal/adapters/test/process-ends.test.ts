import { fileURLToPath } from 'node:url';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { NodeProcess, startPostgres } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dnsOfLoopback } from './dns-of-loopback.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Longer than any wait of ours; the test fails before it ends. */
const LONGEST_WAIT_MS = 60_000;

const PROGRAMS = {
  '@sess/fastify-plugin': (options: string) => `
    import fastify from 'fastify';
    import sessions, { memoryStore } from '@sess/fastify-plugin';
    import { memoryBacking } from '@sess/session';
    const app = fastify();
    await app.register(sessions, { ${options}, secret: 'a secret of at least thirty-two bytes', secure: false });
    app.get('/login', async ({ session }) => { await session.regenerate(); session.data.user = 'USER_123'; return {}; });
    app.get('/user', async ({ session }) => ({ user: session.data.user ?? null }));
    const visit = (url, cookie) => app.inject({ url, headers: { cookie } });
    const { headers } = await visit('/login', '');
    console.log((await visit('/user', String(headers['set-cookie']).split(';')[0])).body);`,
  '@sess/koa-middleware': (options: string) => `
    import { once } from 'node:events';
    import { createServer } from 'node:http';
    import Koa from 'koa';
    import { memoryStore, sessions } from '@sess/koa-middleware';
    import { memoryBacking } from '@sess/session';
    const app = new Koa();
    app.silent = true;
    app.use(sessions({ ${options}, secret: 'a secret of at least thirty-two bytes', secure: false }));
    app.use(async (ctx) => {
      if (ctx.path === '/login') { await ctx.session.regenerate(); ctx.session.data.user = 'USER_123'; }
      ctx.body = { user: ctx.session.data.user ?? null };
    });
    // As supertest does it: a server for each request.
    const visit = async (path, cookie) => {
      const server = createServer(app.callback()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const response = await fetch('http://127.0.0.1:' + server.address().port + path, { headers: { cookie, connection: 'close' } });
        return { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '', body: await response.text() };
      } finally { server.close(); }
    };
    console.log((await visit('/user', (await visit('/login', '')).cookie)).body);`,
  '@sess/express-middleware': (options: string) => `
    import { once } from 'node:events';
    import express from 'express';
    import { memoryStore, sessions } from '@sess/express-middleware';
    import { memoryBacking } from '@sess/session';
    const app = express();
    app.set('env', 'test');
    app.use(sessions({ ${options}, secret: 'a secret of at least thirty-two bytes', secure: false }));
    app.get('/login', async ({ session }, response) => {
      await session.regenerate();
      session.data.user = 'USER_123';
      response.json({});
    });
    app.get('/user', ({ session }, response) => void response.json({ user: session.data.user ?? null }));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const visit = (path, cookie) =>
      fetch('http://127.0.0.1:' + server.address().port + path, { headers: { cookie, connection: 'close' } });
    const login = await visit('/login', '');
    await login.text();
    console.log(await (await visit('/user', login.headers.getSetCookie()[0]?.split(';')[0] ?? '')).text());
    server.close();`,
};

/** How a program ends that never closes anything. */
async function run(program: string): Promise<{ code: number | null; output: string }> {
  await using child = new NodeProcess(['--no-warnings', '--input-type=module', '--eval', program], { cwd: HERE });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_WAIT_MS);
  const { code } = await child.ended;
  clearTimeout(timer);
  return { code, output: (child.output + child.errors).trim() };
}

describe.each(Object.entries(PROGRAMS))(
  'a process with %s that closes nothing ends when it has nothing to do',
  (_, program) => {
    let cluster: LocalCluster;
    let dns: Awaited<ReturnType<typeof dnsOfLoopback>>;
    beforeAll(async () => {
      const [runtime = 'embedded'] = inject('mainRuntimes');
      [cluster, dns] = await Promise.all([startLocalCluster({ nodes: 2, runtime }), dnsOfLoopback()]);
    });
    afterAll(async () => {
      dns.close();
      await cluster.close();
    });

    const list = (): string => cluster.nodes.map(({ id }) => id).join(',');
    const setups: readonly (readonly [string, () => string])[] = [
      ['a store in memory', () => 'store: memoryStore()'],
      ['a list of servers', () => `servers: 'memcached://${list()}'`],
      ['two copies', () => `servers: 'memcached://${list()}', client: { copies: 2 }`],
      ['discovery', () => `servers: 'elasticache://${cluster.configurationEndpoint}'`],
      [
        'a name in DNS',
        () =>
          `client: { discovery: (await import('@sess/discovery')).dns('memcached.test', { servers: ['${dns.address}'], port: ${cluster.nodes[0]?.port} }) }`,
      ],
      [
        'the binary protocol',
        () =>
          `servers: 'memcached://${list()}', client: { transport: (await import('@sess/memjs-transport')).memjsTransport() }`,
      ],
      ['a database behind it', () => `servers: 'memcached://${list()}', backing: memoryBacking()`],
      [
        'a database that is written behind',
        () => `servers: 'memcached://${list()}', backing: memoryBacking(), writePolicy: 'behind'`,
      ],
    ];
    it.each(setups)('%s', async (_setup, options) => {
      expect(await run(program(options()))).toEqual({ code: 0, output: '{"user":"USER_123"}' });
    });

    it.runIf(inject('programs').includes('postgres')).each([
      ['that it connects to by itself', (url: string) => `postgresBacking({ connectionString: '${url}' })`],
      [
        'with a pool of the application',
        (url: string) =>
          `postgresBacking({ pool: new (await import('pg')).default.Pool({ connectionString: '${url}', allowExitOnIdle: true }) })`,
      ],
    ])('PostgreSQL %s', { timeout: 2 * LONGEST_WAIT_MS }, async (_setup, backing) => {
      const server = await startPostgres();
      try {
        const options = `servers: 'memcached://${list()}', backing`;
        const prepare = `
        import { postgresBacking } from '@sess/postgres-backing';
        const backing = ${backing(server.connectionString)};
        await backing.migrate();`;
        expect(await run(prepare + program(options))).toEqual({ code: 0, output: '{"user":"USER_123"}' });
      } finally {
        await server.close();
      }
    });

    it.each([
      ['refuse connections', `servers: 'memcached://127.0.0.1:1'`],
      ['answer nothing', `servers: 'memcached://192.0.2.1:11211'`],
      ['have no name', `servers: 'elasticache://nowhere.invalid:11211'`],
    ])('servers that %s', async (_setup, options) => {
      const { code, output } = await run(program(options));
      expect([code, output]).toEqual([0, expect.stringMatching(/user|SESS_UNAVAILABLE|Service Unavailable/)]);
    });
  },
);
