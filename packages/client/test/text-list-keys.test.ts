import { connect } from 'node:net';

import { startLocalCluster, type LocalCluster, type LocalClusterOptions } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { textTransport } from '../src/transport/text/index.ts';
import { READ_BYTES } from '../src/transport/text/socket.ts';
import type { NodeTransport, TransportOptions } from '../src/transport/transport.ts';
import { OPTIONS, ScriptedServer, type Peer } from './text-scripted-server.ts';

const runtimes = inject('mainRuntimes');

async function start(
  options: LocalClusterOptions,
  given: Partial<TransportOptions> = {},
): Promise<[NodeTransport, LocalCluster]> {
  const cluster = await startLocalCluster({ nodes: 1, ...options });
  onTestFinished(() => cluster.close());
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('no node');
  const events = { connected: () => undefined, disconnected: () => undefined };
  const transport = textTransport().open(node, { ...OPTIONS, ...given }, events);
  onTestFinished(() => transport.destroy());
  return [transport, cluster];
}

function listing(transport: NodeTransport, signal?: AbortSignal): AsyncIterable<string> {
  const keys = transport.keys?.(signal === undefined ? undefined : { signal });
  if (keys === undefined) throw new Error('the transport lists no keys');
  return keys;
}

async function all(keys: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const key of keys) found.push(key);
  return found.toSorted();
}

/** What a listing said before it failed, and how it failed. */
async function failing(keys: AsyncIterable<string>): Promise<{ found: string[]; error: unknown }> {
  const found: string[] = [];
  try {
    for await (const key of keys) found.push(key);
  } catch (error) {
    return { found, error };
  }
  throw new Error('the listing ended well');
}

/** Writes without the transport, and resolves when the node answered the last of it. */
function writeDirectly({ nodes }: LocalCluster, commands: string): Promise<void> {
  const port = nodes[0]?.port ?? 0;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${commands}version\r\n`, 'latin1'));
    let tail = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      tail = (tail + chunk.toString('latin1')).slice(-200);
      if (!/VERSION [^\n]*\n$/.test(tail)) return;
      socket.destroy();
      resolve();
    });
  });
}

describe.each(runtimes)('the keys of a node (%s)', (runtime) => {
  it('are all that live, whatever they are made of', async () => {
    const [transport] = await start({ runtime });
    const keys = [
      'plain',
      'a%b',
      '%25',
      'k=v&x',
      'sess:!#$()*+,-./:;<=>?@[]^_`{|}~"\\',
      'k'.repeat(250),
      '%'.repeat(250),
    ];
    for (const key of keys) await transport.store('set', key, Buffer.from('v'), { ttlSeconds: 60, flags: 0 });
    await transport.store('set', 'for-ever', Buffer.from('v'), { ttlSeconds: 0, flags: 0 });
    await expect(all(listing(transport))).resolves.toEqual([...keys, 'for-ever'].toSorted());
  });

  it('are none on an empty node', async () => {
    const [transport] = await start({ runtime });
    await expect(all(listing(transport))).resolves.toEqual([]);
  });

  it('are without those that expired, and those that no key of ours can be', async () => {
    const [transport, cluster] = await start({ runtime });
    await writeDirectly(
      cluster,
      'set expired 0 -1 1\r\nx\r\nset \xc3\xbcmlaut 0 0 1\r\nx\r\nset kept 0 100 1\r\nx\r\n',
    );
    await expect(all(listing(transport))).resolves.toEqual(['kept']);
  });

  it('are read at the reader’s pace, 50,000 of them, while other requests are answered', async () => {
    const [transport, cluster] = await start({ runtime, memoryMegabytes: 64 });
    const count = 50_000;
    await writeDirectly(
      cluster,
      Array.from({ length: count }, (_, number) => `set key-${number} 0 0 1 noreply\r\nx\r\n`).join(''),
    );
    const found = new Set<string>();
    for await (const key of listing(transport)) {
      found.add(key);
      if (found.size % 10_000 === 0)
        await expect(transport.get('key-7')).resolves.toMatchObject({ value: Buffer.from('x') });
    }
    expect(found.size).toBe(count);
  });

  it('can be listed again after a listing that was left in the middle', async () => {
    const [transport, cluster] = await start({ runtime, memoryMegabytes: 64 });
    await writeDirectly(
      cluster,
      Array.from({ length: 20_000 }, (_, number) => `set key-${number} 0 0 1 noreply\r\nx\r\n`).join(''),
    );
    for await (const key of listing(transport)) {
      expect(key).toMatch(/^key-\d+$/);
      break;
    }
    const abort = new AbortController();
    const { error } = await failing(
      (async function* (): AsyncGenerator<string> {
        for await (const key of listing(transport, abort.signal)) {
          abort.abort(new Error('enough'));
          yield key;
        }
      })(),
    );
    expect(error).toMatchObject({ code: 'SESS_ABORTED', cause: { message: 'enough' } });
    const found = await all(listing(transport));
    expect(found.length).toBe(20_000);
  });

  it('are listed after the credentials were shown', async () => {
    const credentials = { username: 'user', password: 'secret' };
    const [transport] = await start({ runtime, credentials }, { credentials });
    await transport.store('set', 'key', Buffer.from('v'), { ttlSeconds: 60, flags: 0 });
    await expect(all(listing(transport))).resolves.toEqual(['key']);
  });

  it('are not to be had of a node that hangs', async () => {
    const [transport, cluster] = await start({ runtime }, { timeoutMs: 100, connectTimeoutMs: 100 });
    const id = cluster.nodes[0]?.id ?? '';
    await cluster.pauseNode(id);
    const { error } = await failing(listing(transport));
    expect(error).toMatchObject({ code: 'SESS_CONNECTION', node: id });
    await cluster.resumeNode(id);
    await expect(all(listing(transport))).resolves.toEqual([]);
  });
});

/** A listing that has begun, and the server's end of it. */
async function begun(
  server: ScriptedServer,
  signal?: AbortSignal,
): Promise<{ outcome: ReturnType<typeof failing>; peer: Peer }> {
  const outcome = failing(listing(server.transport, signal));
  const peer = await server.accept();
  expect(await peer.lines(1)).toEqual(['version']);
  peer.say('VERSION 1.6.18\r\n');
  expect(await peer.lines(1)).toEqual(['lru_crawler metadump hash']);
  return { outcome, peer };
}

it('may begin with OK', async () => {
  const server = await ScriptedServer.start();
  const keys = all(listing(server.transport));
  const peer = await server.accept();
  expect(await peer.lines(1)).toEqual(['version']);
  peer.say('VERSION 1.6.18\r\n');
  expect(await peer.lines(1)).toEqual(['lru_crawler metadump hash']);
  peer.say('OK\r\nkey=a exp=-1 la=1 cas=1 fetch=no cls=1 size=60\r\nEND\r\n');
  expect(await keys).toEqual(['a']);
});

describe('a listing that fails', () => {
  it.each([
    ['CLIENT_ERROR lru crawler disabled', 'lru_crawler enable'],
    ['ERROR', 'memcached 1.4.31'],
    ['SERVER_ERROR whatever', 'whatever'],
  ])('is SESS_SERVER, and says what to do, when the node answers %s', async (line, advice) => {
    const { outcome, peer } = await begun(await ScriptedServer.start());
    peer.say(`${line}\r\n`);
    const { error } = await outcome;
    expect(error).toMatchObject({ code: 'SESS_SERVER', message: expect.stringContaining(advice) as string });
    await peer.closed();
  });

  it('is SESS_SERVER when the node stays busy with another one', async () => {
    const { outcome, peer } = await begun(await ScriptedServer.start({ timeoutMs: 100 }));
    const busy = (): void => peer.say('BUSY currently processing crawler request\r\n');
    busy();
    peer.socket.on('data', busy);
    expect((await outcome).error).toMatchObject({
      code: 'SESS_SERVER',
      message: expect.stringContaining('another client') as string,
    });
    await peer.closed();
  });

  it.each([
    ['no key', 'value=x exp=1 la=1\n'],
    ['a key of nothing', 'key= exp=1 la=1\n'],
    ['an escape that is none', 'key=a%zz exp=1 la=1\n'],
    ['no expiry', 'key=a la=1\n'],
    ['a line without end', `key=${'a'.repeat(3_000)}`],
    ['more than its end', 'END\r\nkey=a exp=1 la=1\n'],
  ])('is SESS_PROTOCOL when a line holds %s', async (_, text) => {
    const { outcome, peer } = await begun(await ScriptedServer.start());
    peer.say(`key=good exp=-1 la=1\n${text}`);
    expect((await outcome).error).toMatchObject({ code: 'SESS_PROTOCOL' });
    await peer.closed();
  });

  it('is SESS_TIMEOUT when the node goes silent in the middle', async () => {
    const { outcome, peer } = await begun(await ScriptedServer.start({ timeoutMs: 100 }));
    peer.say('key=one exp=-1 la=1\nkey=tw');
    await expect(outcome).resolves.toMatchObject({ found: ['one'], error: { code: 'SESS_TIMEOUT' } });
    await peer.closed();
  });

  it('is SESS_CONNECTION when the node hangs up before the end', async () => {
    const { outcome, peer } = await begun(await ScriptedServer.start());
    peer.say('key=one exp=-1 la=1\n');
    peer.socket.end();
    expect((await outcome).error).toMatchObject({
      code: 'SESS_CONNECTION',
      message: expect.stringContaining('complete') as string,
    });
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'is SESS_SERVER, and names proxies, when the node hangs up on the command (%s)',
    async (how) => {
      const { outcome, peer } = await begun(await ScriptedServer.start());
      peer.socket[how]();
      expect((await outcome).error).toMatchObject({
        code: 'SESS_SERVER',
        message: expect.stringContaining('proxy') as string,
      });
    },
  );

  it('is SESS_CONNECTION when the node hangs up on the greeting', async () => {
    const server = await ScriptedServer.start();
    const outcome = failing(listing(server.transport));
    (await server.accept()).socket.end();
    expect((await outcome).error).toMatchObject({ code: 'SESS_CONNECTION' });
  });

  it('is over at once when it is aborted, and its connection with it', async () => {
    const abort = new AbortController();
    const { outcome, peer } = await begun(await ScriptedServer.start(), abort.signal);
    abort.abort();
    expect((await outcome).error).toMatchObject({ code: 'SESS_ABORTED' });
    await peer.closed();
  });

  it('is not begun with a signal that fired, or on a transport that was closed', async () => {
    const server = await ScriptedServer.start();
    expect((await failing(listing(server.transport, AbortSignal.abort()))).error).toMatchObject({
      code: 'SESS_ABORTED',
    });
    await server.transport.close();
    expect((await failing(listing(server.transport))).error).toMatchObject({ code: 'SESS_CLOSED' });
    expect(server.connections).toBe(0);
  });

  it('is SESS_CLOSED when the transport is destroyed', async () => {
    const server = await ScriptedServer.start();
    const { outcome, peer } = await begun(server);
    server.transport.destroy();
    expect((await outcome).error).toMatchObject({ code: 'SESS_CLOSED' });
    await peer.closed();
  });
});

describe('a listing', () => {
  it('walks the lists by age where the node does not know the hash table', async () => {
    const server = await ScriptedServer.start();
    const keys = all(listing(server.transport));
    const peer = await server.accept();
    await peer.lines(1);
    peer.say('VERSION 1.5.22\r\n');
    expect(await peer.lines(1)).toEqual(['lru_crawler metadump hash']);
    peer.say('BADCLASS invalid class id\r\n');
    expect(await peer.lines(1)).toEqual(['lru_crawler metadump all']);
    peer.say('key=one exp=-1 la=1 cas=2 fetch=no\nEND\r\n');
    expect(await keys).toEqual(['one']);
    await peer.closed();
  });

  it('is understood however it is cut', async () => {
    const server = await ScriptedServer.start();
    const keys = all(listing(server.transport));
    const peer = await server.accept();
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    await peer.lines(1);
    for (const byte of 'key=a%25b exp=-1 la=1\nkey=c exp=9999999999 la=1\nEND\r\n') {
      await new Promise((resolve) => peer.socket.write(byte, resolve));
    }
    expect(await keys).toEqual(['a%b', 'c']);
  });

  it('is read once a turn of the event loop, however much came, so that others are answered in between', async () => {
    const LINES = 100_000;
    const lines = Array.from({ length: LINES }, (_, number) => `key=k${String(number).padStart(6, '0')} exp=-1 la=1\n`);
    const mostInOneRead = READ_BYTES / (lines[0]?.length ?? 1) + 1;
    const server = await ScriptedServer.start();
    let [found, inThisTurn, mostInOneTurn, isOver] = [0, 0, 0, false];
    const turn = (): void => {
      mostInOneTurn = Math.max(mostInOneTurn, inThisTurn);
      inThisTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    const read = (async (): Promise<void> => {
      for await (const key of listing(server.transport)) {
        found += Number(key.startsWith('k'));
        inThisTurn += 1;
      }
    })();
    const peer = await server.accept();
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    await peer.lines(1);
    turn();
    peer.say(`${lines.join('')}END\r\n`);
    await read;
    isOver = true;
    expect(found).toBe(LINES);
    expect(mostInOneTurn).toBeLessThanOrEqual(mostInOneRead);
  });

  it('is let finish by close', async () => {
    const server = await ScriptedServer.start();
    const keys = all(listing(server.transport));
    const peer = await server.accept();
    await peer.lines(1);
    const closed = server.transport.close();
    peer.say('VERSION 1.6.18\r\n');
    await peer.lines(1);
    peer.say('key=one exp=-1 la=1\nEND\r\n');
    expect(await keys).toEqual(['one']);
    await closed;
  });
});
