import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { Browser, SECRET } from './visit.ts';

const NEW_SECRET = 'the secret after the next rotation, as long';
const VISITORS = 12;
/** The memcached flags of a record. */
const RECORD_FLAGS = 0x5e55_0000;

async function start(nodes: number): Promise<LocalCluster> {
  const cluster = await startLocalCluster({ nodes, runtime: 'embedded' });
  onTestFinished(() => cluster.close());
  return cluster;
}

async function open(options: Partial<SessionsOptions>): Promise<Sessions> {
  const sessions = createSessions({ secret: SECRET, secure: true, ...options });
  onTestFinished(() => sessions.close());
  await sessions.ready();
  return sessions;
}

function urlOf(nodes: readonly { readonly id: string }[], query = ''): string {
  return `memcached://${nodes.map(({ id }) => id).join(',')}${query}`;
}

/** Browsers that are logged in. */
async function login(sessions: Sessions): Promise<Browser[]> {
  const browsers = Array.from({ length: VISITORS }, () => new Browser({ sessions }));
  for (const [visitor, browser] of browsers.entries())
    await browser.visit((session) => void (session.data.note = `visitor ${visitor}`));
  return browsers;
}

/** How many of the browsers are still logged in, according to another process of the application. */
async function stillIn(browsers: readonly Browser[], sessions: Sessions): Promise<number> {
  let count = 0;
  for (const [visitor, browser] of browsers.entries()) {
    const next = new Browser({ sessions }, browser.cookies);
    await next.visit((session) => void (count += session.data.note === `visitor ${visitor}` ? 1 : 0));
  }
  return count;
}

/** Forges a history on the node, in the form of the oldest clients. */
async function forge(node: { readonly host: string; readonly port: number }, names: readonly string[]): Promise<void> {
  const now = Date.now();
  const view = { n: names.map((id) => [id, 1]), c: 'discovery', s: now, t: now };
  const json = JSON.stringify({ ttl: 3_600, whole: true, views: [view], drains: [] });
  const envelope = Buffer.alloc(16);
  envelope.set([0xe5, 0x01]);
  envelope.writeUIntBE(now, 4, 6);
  const value = Buffer.concat([envelope, Buffer.from([0xe5, 0x48, 0x01, 0x00]), Buffer.alloc(32), Buffer.from(json)]);
  const socket = connect(node.port, node.host);
  socket.write(`set @sess/history ${RECORD_FLAGS} 0 ${value.length}\r\n`);
  socket.write(Buffer.concat([value, Buffer.from('\r\n')]));
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(reply.toString()).toBe('STORED\r\n');
}

describe('the client that sessions open for themselves', () => {
  it('takes the options of a client beside servers, and those that a URL can hold', async () => {
    const cluster = await start(3);
    for (const options of [
      { servers: urlOf(cluster.nodes), client: { copies: 2 } },
      { servers: cluster.nodes.map(({ id }) => id), client: { copies: 2, timeoutMs: 1_000 } },
      { servers: urlOf(cluster.nodes, '?copies=2&timeoutMs=1000') },
      { client: { servers: urlOf(cluster.nodes), copies: 2 } },
    ] satisfies Partial<SessionsOptions>[]) {
      const browsers = await login(await open(options));
      // With two copies, another process finds everything even if it does not use one of the nodes.
      const others = createClient({ servers: urlOf(cluster.nodes), copies: 2, timeoutMs: 1_000 });
      onTestFinished(() => others.close());
      await others.ready();
      expect(await stillIn(browsers, createSessions({ client: others, secret: SECRET, secure: true }))).toBe(VISITORS);
      expect(new Set(others.explain('any').owners).size).toBe(2);
    }
  });

  it('has a fixed list roll without loss: processes with the secret believe each other about nodes', async () => {
    const cluster = await start(3);
    const [a, b, c] = cluster.nodes;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes');
    const browsers = await login(await open({ servers: urlOf([a, b]) }));
    expect(await stillIn(browsers, await open({ servers: urlOf([b, c]) }))).toBe(VISITORS);
  });

  it('does so while the secret is replaced', async () => {
    const cluster = await start(3);
    const [a, b, c] = cluster.nodes;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes');
    const browsers = await login(await open({ servers: urlOf([a, b]) }));
    expect(await stillIn(browsers, await open({ servers: urlOf([b, c]), secret: [NEW_SECRET, SECRET] }))).toBe(
      VISITORS,
    );
  });

  it('has a history secret given take the place of the one that is derived', async () => {
    const cluster = await start(3);
    const [a, b, c] = cluster.nodes;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes');
    const historySecret = 'h'.repeat(32);
    const browsers = await login(await open({ servers: urlOf([a, b], `?historySecret=${historySecret}`) }));
    expect(await stillIn(browsers, await open({ servers: urlOf([b, c]), client: { historySecret } }))).toBe(VISITORS);
    const stranger = await open({ servers: urlOf([b, c]) });
    expect(await stillIn(browsers, stranger)).toBeLessThan(VISITORS);
  });

  it('connects to no host that somebody wrote into the history, and sends it no credentials', async () => {
    const dialled: Socket[] = [];
    const evil = createServer((socket) => void dialled.push(socket)).listen(0, '127.0.0.1');
    onTestFinished(() => void evil.close());
    await once(evil, 'listening');
    const { port } = evil.address() as AddressInfo;
    const cluster = await start(2);
    for (const node of cluster.nodes) await forge(node, [cluster.nodes[0]?.id ?? '', `127.0.0.1:${port}`]);
    const sessions = await open({ servers: urlOf(cluster.nodes) });
    await using client = createClient({ servers: urlOf(cluster.nodes), historyIntervalMs: 100 });
    const shared = createSessions({ client, secret: SECRET, secure: true });
    await client.ready();
    for (const one of [sessions, shared]) expect(await stillIn(await login(one), one)).toBe(VISITORS);
    expect(dialled).toEqual([]);
  });
});
