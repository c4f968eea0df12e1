/**
 * What does a session cost a web application? Requests per second of a route that reads a 20-item cart from the session, for this
 * project's adapters, for what people use today, and for bare frameworks without any session.
 *
 *     node benchmarks/dist/http.js [--rounds 5] [--seconds 3] [--connections 32] [--json FILE]
 *
 * Every server is a process of its own; they take turns within each round; medians over the rounds are printed, and ratios of medians.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { startLocalCluster } from '@sess/local-cluster';
import { fullCart } from './http/cart.ts';
import { load, LOAD_GENERATOR } from './http/load.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    json: { type: 'string' },
  },
});

const SERVERS = {
  'fastify-bare': 'Fastify, no session',
  'fastify-sess': 'Fastify, @sess/fastify-plugin',
  'fastify-session': 'Fastify, @fastify/session on memcached',
  'fastify-secure-session': 'Fastify, @fastify/secure-session (cookie only)',
  'koa-bare': 'Koa, no session',
  'koa-sess': 'Koa, @sess/koa-middleware',
  'koa-session': 'Koa, koa-session on memcached',
  'express-session': 'Express, express-session, connect-memcached',
} as const;
type ServerName = keyof typeof SERVERS;
const NAMES = Object.keys(SERVERS) as ServerName[];

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  readonly cookie: string;
}

const cluster = await startLocalCluster({ nodes: 1, runtime: 'memcached' });
const running = new Map<ServerName, Running>();
const samples = new Map<ServerName, number[]>(NAMES.map((name) => [name, []]));
try {
  for (const name of NAMES) running.set(name, await start(name, cluster.nodes[0]?.id ?? ''));
  // Round 0 warms up; it does not count.
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    for (const [name, { url, cookie }] of running) {
      const seconds = round === 0 ? 1 : Number(options.seconds);
      const { requestsPerSecond, failed } = await load({ url, cookie, connections: Number(options.connections), seconds });
      if (failed > 0) throw new Error(`${SERVERS[name]}: ${failed} requests failed, so its rate means nothing`);
      if (round > 0) samples.get(name)?.push(requestsPerSecond);
    }
  }
} finally {
  for (const server of running.values()) server.process.disconnect();
  await cluster.close();
}

const rate = (name: ServerName): number => median(samples.get(name) ?? []);
const ratios = {
  'fastify-plugin over bare Fastify': rate('fastify-sess') / rate('fastify-bare'),
  'fastify-plugin over @fastify/session': rate('fastify-sess') / rate('fastify-session'),
  'koa-middleware over bare Koa': rate('koa-sess') / rate('koa-bare'),
  'koa-middleware over koa-session': rate('koa-sess') / rate('koa-session'),
};
console.log(`GET of a 20-item cart, ${options.connections} connections, load by ${LOAD_GENERATOR}, Node.js ${process.version}\n`);
printTable(
  ['', 'requests/s'],
  NAMES.map((name) => [SERVERS[name], count(rate(name))]),
);
console.log();
printTable(
  ['', 'ratio'],
  Object.entries(ratios).map(([what, ratio]) => [what, ratio.toFixed(2)]),
);
if (options.json !== undefined) {
  const rates = Object.fromEntries(NAMES.map((name) => [name, rate(name)]));
  await writeFile(
    options.json,
    `${JSON.stringify({ node: process.version, load: LOAD_GENERATOR, requestsPerSecond: rates, ratios }, null, 2)}\n`,
  );
}

/** Starts a server, fills its session, and makes sure that it reads back what it keeps. */
async function start(name: ServerName, memcached: string): Promise<Running> {
  const child = fork(fileURLToPath(new URL('./http/worker.js', import.meta.url)), [name, memcached]);
  const [{ port }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`${SERVERS[name]} did not start`);
    }),
  ])) as [{ port: number }];
  const url = `http://127.0.0.1:${port}/cart`;
  const login = await fetch(url, { method: 'POST' });
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const seen: unknown = await (await fetch(url, { headers: { cookie } })).json();
  if (!isDeepStrictEqual(seen, fullCart())) throw new Error(`${SERVERS[name]} does not read back the cart that it stored`);
  return { process: child, url, cookie };
}
