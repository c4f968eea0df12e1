/**
 * The kinds of projects that people have. `main` is a program in TypeScript that prints the port it listens on, and answers
 * `POST /login`, `GET /profile` and `POST /logout`.
 *
 * @typedef {{
 *   name: string,
 *   isShort?: boolean,
 *   module: 'esm' | 'commonjs',
 *   dependencies: Readonly<Record<string, string>>,
 *   types?: Readonly<Record<string, string>>,
 *   main: string,
 * }} Project
 */

const OPTIONS = `{ servers: process.env.SESS_SERVERS, secret: process.env.SESS_SECRET, secure: false }`;

/** @param {string} name */
const data = (name) => `
declare module '${name}' {
  interface SessionData {
    userId?: string;
  }
}`;

const FASTIFY = `
import fastify from 'fastify';
import sessions from '@sess/fastify-plugin';
${data('@sess/fastify-plugin')}
async function start(): Promise<void> {
  const app = fastify();
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
  });
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

const EXPRESS = `
import express from 'express';
import { sessions } from '@sess/express-middleware';
import type { AddressInfo } from 'node:net';
${data('@sess/express-middleware')}
const app = express();
app.use(sessions(${OPTIONS}));
app.post('/login', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.data.userId = 'USER_123';
    response.json({});
  });
});
app.get('/profile', (request, response) => {
  response.json({ user: request.session.data.userId ?? null });
});
app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.json({})));
});
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
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
app.post('/login', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.userId = 'USER_123';
    response.json({});
  });
});
app.get('/profile', (request, response) => {
  response.json({ user: request.session.userId ?? null });
});
app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.json({})));
});
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
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

/** @type {readonly Project[]} */
export const PROJECTS = [
  { name: 'Fastify, ESM', isShort: true, module: 'esm', dependencies: { fastify: '^5.0.0' }, main: FASTIFY },
  { name: 'Fastify, CommonJS', isShort: true, module: 'commonjs', dependencies: { fastify: '^5.0.0' }, main: FASTIFY },
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
  },
  {
    name: 'express-session, CommonJS',
    module: 'commonjs',
    dependencies: { express: '^5.0.0', 'express-session': '^1.18.0' },
    types: { '@types/express': '^5.0.0', '@types/express-session': '^1.18.0' },
    main: EXPRESS_SESSION,
  },
  ...['11', '12'].flatMap((major) =>
    /** @type {const} */ (['fastify', 'express']).map((platform) => ({
      name: `NestJS ${major} on ${platform === 'fastify' ? 'Fastify' : 'Express'}`,
      // From 12 on it is ESM only.
      module: major === '11' ? 'commonjs' : 'esm',
      dependencies: nestDependencies(platform, `^${major}.0.0`),
      ...(platform === 'express' ? { types: { '@types/express': '^5.0.0' } } : {}),
      main: nest(platform),
    })),
  ),
];

/** The packages of ours that a program imports. @param {Project} project */
export function oursOf({ main }) {
  return [...new Set([...main.matchAll(/from '(@sess\/[\w-]+)'/g)].map(([, name]) => name ?? ''))];
}
