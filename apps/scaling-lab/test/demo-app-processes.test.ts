import { takenPort, type NodeProcess } from '@sess/loopback';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nodeProcess } from './lab-process.ts';

const MAIN = { fastify: 'fastify-demo/dist/main.js', koa: 'koa-demo/dist/main.js' } as const;
const SESS_SECRET = 'a secret that is long enough for a test';

let cluster: LocalCluster;
function start(framework: keyof typeof MAIN, env: Readonly<Record<string, string>>): NodeProcess {
  return nodeProcess(MAIN[framework], [], { PORT: '0', SESS_SERVERS: cluster.url, SESS_SECRET, ...env });
}

async function urlOf(process: NodeProcess): Promise<string> {
  const [, url = ''] = await process.says(/listens on (http:\S+)\n/);
  return url;
}

async function post(url: string, body: unknown, cookie?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

beforeAll(async () => {
  cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
});
afterAll(() => cluster.close());
/**
 * In its long form, over both transports, with every signal and everything that can't be used: each is two processes or
 * one.
 */
const long = inject('long');

describe.each(long ? ['text', 'memjs'] : ['text'])('the demo processes over the %s transport', (SESS_TRANSPORT) => {
  it('share their sessions: what one writes the other reads', async () => {
    const [fastify, koa] = await Promise.all([
      urlOf(start('fastify', { SESS_TRANSPORT })),
      urlOf(start('koa', { SESS_TRANSPORT })),
    ]);
    for (const [first, second] of [
      [fastify, koa],
      [koa, fastify],
    ] as const) {
      const login = await post(`${first}/login`, { user: 'USER_123' });
      const [cookie = ''] = (login.headers.get('set-cookie') ?? '').split(';');
      await post(`${second}/cart`, { item: 'sku-1' }, cookie);
      const profile = await fetch(`${first}/profile`, { headers: { cookie } });
      expect(await profile.json()).toEqual({ user: 'USER_123', cart: ['sku-1'] });
    }
  });
});

/** What the environment may say that can't be used, and the words for it. */
const UNUSABLE: readonly (readonly [what: string, env: Readonly<Record<string, string>>, words: RegExp])[] = [
  ['no secret', { SESS_SECRET: '' }, /SESS_SECRET is not set/],
  ['a short secret', { SESS_SECRET: 'short' }, /SESS_SECRET has 5 bytes/],
  ['no servers', { SESS_SERVERS: '' }, /SESS_SERVERS is not set/],
  [
    'servers that are no URL',
    { SESS_SERVERS: 'localhost' },
    /SESS_SERVERS or SESS_COPIES can't be used\. .*memcached:\/\//,
  ],
  ['more copies than there can be', { SESS_COPIES: '100' }, /SESS_SERVERS or SESS_COPIES can't be used\. copies/],
  ['an unknown transport', { SESS_TRANSPORT: 'udp' }, /SESS_TRANSPORT is "udp"/],
  ['a wrong port', { PORT: 'http' }, /PORT is "http"/],
  // Port 1 is reserved and nothing listens there.
  [
    'a cluster that is not there',
    { SESS_SERVERS: 'memcached://127.0.0.1:1' },
    /the cluster that SESS_SERVERS names is not in reach/,
  ],
  [
    'an endpoint that is not there',
    { SESS_SERVERS: 'elasticache://127.0.0.1:1' },
    /the cluster that SESS_SERVERS names is not in reach/,
  ],
];

const SIGNALS = { fastify: ['SIGTERM', 'SIGINT'], koa: ['SIGINT', 'SIGTERM'] } as const;
/** One of what is told before anything is opened, and one of what is told afterwards. */
const UNUSABLE_PLAINLY = UNUSABLE.filter(([what]) => what === 'no secret' || what === 'a cluster that is not there');

describe.each(['fastify', 'koa'] as const)('the %s demo process', (framework) => {
  it.each(long ? SIGNALS[framework] : SIGNALS[framework].slice(0, 1))(
    'closes and ends with 0 at %s, also while a connection is kept alive',
    async (signal) => {
      const process = start(framework, {});
      const url = await urlOf(process);
      expect((await fetch(`${url}/health`)).status).toBe(200);
      process.kill(signal);
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.errors).toBe('');
    },
  );

  // Both hear of it from the same lines of code: one is asked everything, the other, in the long form, whether it
  // listens.
  it.each(framework === 'koa' ? (long ? UNUSABLE.slice(0, 1) : []) : long ? UNUSABLE : UNUSABLE_PLAINLY)(
    'ends with 1 and clear words when there is %s',
    async (_what, env, words) => {
      const process = start(framework, env);
      expect(await process.ended).toEqual({ code: 1, signal: null });
      expect(process.errors).toMatch(words);
      expect(process.errors).not.toMatch(/^\s+at /m);
      expect(process.output).toBe('');
    },
  );

  it.runIf(long || framework === 'koa')('ends with 1 and clear words when the port is busy', async () => {
    await using busy = await takenPort();
    const process = start(framework, { PORT: String(busy.port) });
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.errors).toContain(
      `can't listen on 127.0.0.1 port ${busy.port}: something else listens there already. End that, or set PORT to another port.`,
    );
  });
});
