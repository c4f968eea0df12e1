/**
 * The kinds of projects that users have. `main` is a program in TypeScript that prints its port, and answers `POST
 * /login`, `GET /profile` and `POST /logout`. With `isTest`, it is a test for Jest that sends these requests to itself.
 *
 * @typedef {{ name: string, isShort?: boolean, module: 'esm' | 'commonjs', dependencies: Readonly<Record<string,
 *   string>>, types?: Readonly<Record<string, string>>, files?: Readonly<Record<string, string>>, managers?: readonly
 *   ('npm' | 'pnpm' | 'yarn')[], isTest?: boolean, compilers?: readonly string[], settings?: Readonly<Record<string,
 *   unknown>>, main: string, }} Project `compilers`: the versions of TypeScript that know its `settings`, if not all
 */

const OPTIONS = `{ servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, secure: false }`;

/** @param {string} name */
const data = (name) => `
declare module '${name}' {
  interface SessionData {
    userId?: string;
  }
}`;

const FASTIFY_SHOP = `  const app = fastify();
  await app.register(sessions, ${OPTIONS});
  app.post('/login', async (request) => {
    await request.session.regenerate();
    request.session.data.userId = 'USER_123';
    return {};
  });
  app.get('/profile', async (request) => ({ user: request.session.data.userId ?? null }));
  app.post('/logout', async (request) => {
    await request.session.destroy();
    return {};
  });`;

const FASTIFY = `
import fastify from 'fastify';
import sessions from '@sess/fastify-plugin';
${data('@sess/fastify-plugin')}
async function start(): Promise<void> {
${FASTIFY_SHOP}
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  console.log(new URL(address).port);
}
void start();
`;

const KOA = `
import Koa from 'koa';
import { sessions } from '@sess/koa-middleware';
import type { AddressInfo } from 'node:net';
${data('@sess/koa-middleware')}
const app = new Koa();
app.use(sessions(${OPTIONS}));
app.use(async (ctx) => {
  if (ctx.path === '/login') {
    await ctx.session.regenerate();
    ctx.session.data.userId = 'USER_123';
  }
  if (ctx.path === '/logout') await ctx.session.destroy();
  ctx.body = { user: ctx.session.data.userId ?? null };
});
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
`;

/** @param {string} stored where a request has the data of its session */
const expressShop = (stored) => `app.post('/login', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.${stored}.userId = 'USER_123';
    response.json({});
  });
});
app.get('/profile', (request, response) => {
  response.json({ user: request.${stored}.userId ?? null });
});
app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.json({})));
});
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));`;

const EXPRESS = `
import express from 'express';
import { sessions } from '@sess/express-middleware';
import type { AddressInfo } from 'node:net';
${data('@sess/express-middleware')}
const app = express();
app.use(sessions(${OPTIONS}));
${expressShop('session.data')}
`;

const EXPRESS_SESSION = `
import express from 'express';
import session from 'express-session';
import { SessStore } from '@sess/express-session-store';
import type { AddressInfo } from 'node:net';
declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}
const app = express();
const store = new SessStore({ servers: process.env.SESS_SERVERS });
const secret = process.env.SESS_SECRET ?? '';
app.use(session({ store, genid: store.newId, secret, resave: false, saveUninitialized: false }));
${expressShop('session')}
`;

/** A test of an application for Jest without settings, which runs it as CommonJS. */
const JEST = `
import fastify from 'fastify';
import sessions from '@sess/fastify-plugin';
${data('@sess/fastify-plugin')}
test('a user logs in and out', async () => {
${FASTIFY_SHOP}
  // Not by inject: what Fastify takes for it is ESM alone, which Jest's CommonJS can't load.
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const login = await fetch(url + '/login', { method: 'POST' });
  const cookie = String(login.headers.get('set-cookie')).split(';')[0] ?? '';
  const ask = async (method: string, path: string) => (await fetch(url + path, { method, headers: { cookie } })).json();
  expect(await ask('GET', '/profile')).toEqual({ user: 'USER_123' });
  await ask('POST', '/logout');
  expect(await ask('GET', '/profile')).toEqual({ user: null });
  await app.close();
});
`;

const BETTER_AUTH = `
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { secondaryStorage } from '@sess/better-auth';

const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: process.env.SESS_SECRET,
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  secondaryStorage: secondaryStorage({ servers: process.env.SESS_SERVERS }),
  emailAndPassword: { enabled: true },
});
const server = createServer(async (request, response) => {
  const headers = new Headers({ cookie: request.headers.cookie ?? '' });
  if (request.url === '/login') {
    const body = { email: 'user@shop.test', password: 'a long enough password', name: 'USER_123' };
    const { headers: answered } = await auth.api.signUpEmail({ body, returnHeaders: true });
    response.setHeader('set-cookie', answered.getSetCookie());
  }
  if (request.url === '/logout') await auth.api.signOut({ headers });
  const session = request.url === '/profile' ? await auth.api.getSession({ headers }) : null;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ user: session?.user.name ?? null }));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
`;

/** Builds the application of `NITRO_ROUTE`, then serves it. */
const NITRO = `
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build, createNitro, prepare } from 'nitropack';
import type { SessDriverOptions } from '@sess/unstorage-driver';

const options: SessDriverOptions = { servers: process.env.SESS_SERVERS };
const nitro = await createNitro({
  rootDir: process.cwd(),
  dev: false,
  preset: 'node-listener',
  compatibilityDate: '2025-10-01',
  logLevel: 1,
  storage: { logins: { driver: '@sess/unstorage-driver', ...options } },
});
await prepare(nitro);
await build(nitro);
await nitro.close();
const output = new URL('../.output/server/index.mjs', import.meta.url).href;
const { listener } = (await import(output)) as { listener: RequestListener };
const server = createServer(listener);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
`;

const NITRO_ROUTE = `
import { randomUUID } from 'node:crypto';
import { defineEventHandler, getCookie, setCookie } from 'h3';

export default defineEventHandler(async (event) => {
  const storage = useStorage('logins');
  const id = getCookie(event, 'login') ?? '';
  if (event.path === '/login') {
    const created = randomUUID();
    setCookie(event, 'login', created);
    await storage.setItem(created, 'USER_123', { ttl: 60 });
  }
  if (event.path === '/logout') await storage.removeItem(id);
  return { user: id === '' ? null : await storage.getItem(id) };
});
`;

/** @param {'fastify' | 'express'} platform */
function nest(platform) {
  const isFastify = platform === 'fastify';
  const ours = isFastify ? '@sess/fastify-plugin' : '@sess/express-middleware';
  return `
import 'reflect-metadata';
import { Controller, Get, Module, Post, Session } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
${
  isFastify
    ? `import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import sessions, { type Session as VisitorSession } from '${ours}';`
    : `import { sessions, type Session as VisitorSession } from '${ours}';`
}
import type { AddressInfo } from 'node:net';
${data(ours)}
@Controller()
class Shop {
  @Post('login')
  async login(@Session() session: VisitorSession) {
    await session.regenerate();
    session.data.userId = 'USER_123';
    return {};
  }

  @Get('profile')
  profile(@Session() session: VisitorSession) {
    return { user: session.data.userId ?? null };
  }

  @Post('logout')
  async logout(@Session() session: VisitorSession) {
    await session.destroy();
    return {};
  }
}

@Module({ controllers: [Shop] })
class ShopModule {}

async function start(): Promise<void> {
  ${
    isFastify
      ? `const app = await NestFactory.create<NestFastifyApplication>(ShopModule, new FastifyAdapter(), { logger: false });
  await app.register(sessions, ${OPTIONS});`
      : `const app = await NestFactory.create(ShopModule, { logger: false });
  app.use(sessions(${OPTIONS}));`
  }
  await app.listen(0, '127.0.0.1');
  console.log((app.getHttpServer().address() as AddressInfo).port);
}
void start();
`;
}

/** @param {'fastify' | 'express'} platform @param {string} major */
function nestDependencies(platform, major) {
  return {
    '@nestjs/common': major,
    '@nestjs/core': major,
    [`@nestjs/platform-${platform}`]: major,
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
  };
}

/** TypeScript's module resolution before it supported `exports`. Version 6 warns about it, and version 7 removed it. */
const NODE_10 = { settings: { module: 'commonjs', moduleResolution: 'node10' }, compilers: ['5.4', '5.9'] };

/** The settings that `nest new` writes. */
const NEST_SETTINGS = { experimentalDecorators: true, emitDecoratorMetadata: true, isolatedModules: true };

/** @type {readonly Project[]} */
export const PROJECTS = [
  {
    name: 'Fastify, ESM',
    isShort: true,
    module: 'esm',
    dependencies: { fastify: '^5.0.0' },
    managers: ['npm', 'pnpm', 'yarn'],
    main: FASTIFY,
  },
  { name: 'Fastify, CommonJS', isShort: true, module: 'commonjs', dependencies: { fastify: '^5.0.0' }, main: FASTIFY },
  {
    name: 'Fastify, CommonJS, node10',
    module: 'commonjs',
    dependencies: { fastify: '^5.0.0' },
    main: FASTIFY,
    ...NODE_10,
  },
  {
    name: 'Koa, ESM',
    isShort: true,
    module: 'esm',
    dependencies: { koa: '^3.0.0' },
    types: { '@types/koa': '^3.0.0' },
    main: KOA,
  },
  {
    name: 'Express 5, ESM',
    isShort: true,
    module: 'esm',
    dependencies: { express: '^5.0.0' },
    types: { '@types/express': '^5.0.0' },
    main: EXPRESS,
  },
  {
    name: 'Express 4, CommonJS',
    module: 'commonjs',
    dependencies: { express: '^4.18.0' },
    types: { '@types/express': '^4.17.0' },
    main: EXPRESS,
    ...NODE_10,
  },
  {
    name: 'express-session, CommonJS',
    module: 'commonjs',
    dependencies: { express: '^5.0.0', 'express-session': '^1.18.0' },
    types: { '@types/express': '^5.0.0', '@types/express-session': '^1.18.0' },
    managers: ['npm', 'pnpm', 'yarn'],
    main: EXPRESS_SESSION,
  },
  {
    name: 'Jest, CommonJS',
    module: 'commonjs',
    dependencies: { fastify: '^5.0.0' },
    types: { jest: '^30.0.0', '@types/jest': '^30.0.0' },
    isTest: true,
    main: JEST,
  },
  { name: 'Better Auth, ESM', module: 'esm', dependencies: { 'better-auth': '^1.7.0' }, main: BETTER_AUTH },
  {
    name: 'Nitro, ESM',
    module: 'esm',
    dependencies: { h3: '^1.15.0', nitropack: '^2.13.0', unstorage: '^1.17.0' },
    files: { 'routes/[...path].js': NITRO_ROUTE },
    main: NITRO,
  },
  ...['11', '12'].flatMap((major) =>
    /** @type {const} */ (['fastify', 'express']).map((platform) => ({
      name: `NestJS ${major} on ${platform === 'fastify' ? 'Fastify' : 'Express'}`,
      // NestJS 12 and later are ESM only.
      module: major === '11' ? 'commonjs' : 'esm',
      dependencies: nestDependencies(platform, `^${major}.0.0`),
      ...(platform === 'express' ? { types: { '@types/express': '^5.0.0' } } : {}),
      settings: NEST_SETTINGS,
      main: nest(platform),
    })),
  ),
];

/** Our packages that a program imports. @param {Project} project */
export function oursOf({ main }) {
  return [...new Set([...main.matchAll(/from '(@sess\/[\w-]+)'/g)].map(([, name]) => name ?? ''))];
}
