import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { build, createNitro, prepare } from 'nitro';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const [runtime = 'embedded'] = inject('mainRuntimes');

let folder: string;
let cluster: LocalCluster;
/** Two servers of one build, like behind a load balancer. */
let urls: readonly string[] = [];
const processes: ChildProcess[] = [];

beforeAll(async () => {
  cluster = await startLocalCluster({ nodes: 2, runtime });
  folder = await mkdtemp(join(tmpdir(), 'sess-nitro-'));
  await buildShop(folder, cluster.url);
  urls = await Promise.all([start(folder), start(folder)]);
}, 180_000);

afterAll(async () => {
  for (const server of processes) {
    if (server.exitCode !== null) continue;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
});

it('keeps the items of a Nitro application while its cluster scales', async () => {
  const users = Array.from({ length: 30 }, (_, index) => `USER_${index}`);
  const [one = '', other = ''] = urls;
  for (const user of users) expect(await ask(one, 'POST', user, `["sku of ${user}"]`)).toEqual([`sku of ${user}`]);
  const [gone = '', ...left] = users;
  await cluster.addNode();
  expect(await ask(one, 'DELETE', gone)).toBeNull();
  for (const user of left) expect(await ask(other, 'GET', user)).toEqual([`sku of ${user}`]);
  expect(await ask(other, 'GET', gone)).toBeNull();
});

it('answers 503, and not that there is nothing, while the cluster is out of reach', async () => {
  const [url = ''] = urls;
  for (const { id } of cluster.nodes) await cluster.crashNode(id);
  await expect.poll(async () => (await fetch(`${url}/cart?user=USER_1`)).status).toBe(503);
});

async function ask(url: string, method: string, user: string, body?: string): Promise<unknown> {
  const response = await fetch(`${url}/cart?user=${user}`, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
  return response.ok ? ((await response.json()) as { cart: unknown }).cart : response.status;
}

/** Builds the shop like an independent project: Nitro finds the driver by its name in `node_modules`. */
async function buildShop(rootDir: string, url: string): Promise<void> {
  await cp(join(PACKAGE, 'test/fixtures/shop'), rootDir, { recursive: true });
  const nitro = dirname(createRequire(import.meta.url).resolve('nitro/package.json'));
  await mkdir(join(rootDir, 'node_modules/@sess'), { recursive: true });
  await symlink(PACKAGE, join(rootDir, 'node_modules/@sess/unstorage-driver'));
  await symlink(nitro, join(rootDir, 'node_modules/nitro'));
  process.env['SESS_SERVERS'] = url;
  try {
    const built = await createNitro({
      rootDir,
      dev: false,
      preset: 'node-server',
      logLevel: 1,
      compatibilityDate: '2025-10-01',
    });
    await prepare(built);
    await build(built);
    await built.close();
  } finally {
    delete process.env['SESS_SERVERS'];
  }
}

async function start(rootDir: string): Promise<string> {
  const server = spawn(process.execPath, [join(rootDir, '.output/server/index.mjs')], {
    // Nitro ignores the port "0", but accepts "00".
    env: { ...process.env, PORT: '00', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  processes.push(server);
  for await (const line of createInterface({ input: server.stdout })) {
    const [url] = /http:\/\/[\d.:]+\d/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the server ended before it listened');
}
