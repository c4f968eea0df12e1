import { takenPort, type NodeProcess } from '@sess/loopback';
import { createClient } from '@sess/client';
import { buildApp as buildFastifyApp, listen as listenFastify } from '@sess/fastify-demo';
import { buildApp as buildKoaApp, listen as listenKoa } from '@sess/koa-demo';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { memoryBacking } from '@sess/session';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { flush } from '../src/environment/node-stats.ts';
import { startBuiltDatabase } from './built-database.ts';
import { nodeProcess } from './lab-process.ts';

const SESS_SECRET = 'a secret that is long enough for a test';
const MAIN = { fastify: 'fastify-demo/dist/main.js', koa: 'koa-demo/dist/main.js' } as const;
const FRAMEWORKS = ['fastify', 'koa'] as const;
/** A database starts slowly, and many times slower on a busy machine. */
const LONG_MS = 120_000;

let cluster: LocalCluster;
beforeAll(async () => {
  cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
});
afterAll(() => cluster.close());
function start(framework: (typeof FRAMEWORKS)[number], SESS_BACKING: string): NodeProcess {
  return nodeProcess(MAIN[framework], [], {
    PORT: '0',
    SESS_SERVERS: cluster.url,
    SESS_SECRET,
    SESS_BACKING,
  });
}

// They start a database: in the long form. In the other the lab does, with the same apps.
describe.runIf(inject('long'))('with a database', () => {
  let database: Awaited<ReturnType<typeof startBuiltDatabase>>;
  beforeAll(async () => {
    database = await startBuiltDatabase();
  }, LONG_MS);
  afterAll(() => database?.close(), LONG_MS);

  it.each(FRAMEWORKS)(
    'the %s demo process has its users logged in, and their carts, though every node forgets all',
    async (framework) => {
      const process = start(framework, database.url);
      const [, url = ''] = await process.says(/listens on (http:\S+)\n/);
      const send = (path: string, body: unknown, cookie = ''): Promise<Response> =>
        fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', cookie },
          body: JSON.stringify(body),
        });
      const login = await send('/login', { user: 'USER_123' });
      const [cookie = ''] = (login.headers.get('set-cookie') ?? '').split(';');
      await send('/cart', { item: 'sku-1' }, cookie);
      await Promise.all(cluster.nodes.map((node) => flush(node, 5_000)));
      const profile = await fetch(`${url}/profile`, { headers: { cookie } });
      expect([profile.status, await profile.json()]).toEqual([200, { user: 'USER_123', cart: ['sku-1'] }]);
      process.kill('SIGTERM');
      expect(await process.ended).toEqual({ code: 0, signal: null });
    },
  );
});

describe('a demo process whose database is out of reach', () => {
  it('ends with 1 and one line that says what to do, without the password', async () => {
    // Port 1 is reserved and nothing listens there.
    const process = start('koa', 'postgres://sess:hunter2@127.0.0.1:1/shop');
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.errors).toMatch(
      /^koa-demo: the database that SESS_BACKING names is not in reach\. Start it, or unset SESS_BACKING to do without\. .*ECONNREFUSED.*\n$/,
    );
    expect(process.errors).not.toContain('hunter2');
    expect(process.output).toBe('');
  });
});

describe.each(FRAMEWORKS)('the %s demo app', (framework) => {
  const listen = async (port: number) => {
    const client = createClient(cluster.url);
    await client.ready();
    const close = vi.fn(async () => {});
    const options = { client, secret: SESS_SECRET, backing: { ...memoryBacking(), close } };
    const at = { host: '127.0.0.1', port };
    const listening =
      framework === 'fastify' ? listenFastify(buildFastifyApp(options), at) : listenKoa(buildKoaApp(options), at);
    return { client, close, listening };
  };

  it('closes its database with itself, and leaves the client open', async () => {
    const { client, close, listening } = await listen(0);
    const app = await listening;
    expect(close).not.toHaveBeenCalled();
    await app.close();
    await app.close();
    expect(close).toHaveBeenCalledTimes(1);
    expect(await client.get('any')).toBeUndefined();
    await client.close();
  });

  it('closes its database also when it can not listen', async () => {
    await using busy = await takenPort();
    const { client, close, listening } = await listen(busy.port);
    await expect(listening).rejects.toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' });
    expect(close).toHaveBeenCalledTimes(1);
    await client.close();
  });
});
