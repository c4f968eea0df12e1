import { once } from 'node:events';
import { connect } from 'node:net';
import { SELF_SIGNED } from '@sess/loopback';
import { afterEach, describe, expect, test } from 'vitest';
import { OPCODE } from '../src/embedded/binary/frame.ts';
import type { LocalCluster } from '../src/local-cluster.ts';
import type { LocalClusterOptions } from '../src/options.ts';
import { startLocalCluster } from '../src/start-local-cluster.ts';
import { binaryRequest, words } from './wire/binary-request.ts';
import { exchange, RawConnection } from './wire/raw-exchange.ts';

let cluster: LocalCluster | undefined;
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  await cluster?.close();
  cluster = undefined;
});

async function startNode(
  options: LocalClusterOptions = {},
): Promise<{ readonly id: string; readonly port: number; readonly cluster: LocalCluster }> {
  cluster = await startLocalCluster({ ...options, nodes: 1, runtime: 'embedded' });
  const [node] = cluster.nodes;
  if (!node) throw new Error('a cluster of one node has none');
  return { id: node.id, port: node.port, cluster };
}

function open(port: number): RawConnection {
  const connection = new RawConnection(port);
  connections.push(connection);
  return connection;
}

async function ask(port: number, request: string | Uint8Array): Promise<string> {
  return (await exchange(port, request)).toString('latin1');
}

describe('a paused embedded node', () => {
  test('reads and answers nothing on connections old and new, and all of it once resumed', async () => {
    const { id, port, cluster: local } = await startNode();
    const old = open(port);
    old.send('set a 0 0 1\r\nx\r\n');
    await old.receive('STORED\r\n');
    await local.pauseNode(id);
    old.send('get a\r\n');
    const young = open(port);
    young.send('version\r\n');
    // Another node of the same process has answered a later request, so the paused one had time to answer.
    await local.addNode();
    expect(await ask(local.nodes[1]?.port ?? 0, 'mn\r\n')).toBe('MN\r\n');
    expect([old.received, young.received]).toEqual(['', '']);
    await local.resumeNode(id);
    expect(await old.receive('END\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n');
    expect(await young.receive('\r\n')).toBe('VERSION 1.6.18\r\n');
  });

  test('does not even begin a TLS handshake', async () => {
    const { id, port, cluster: local } = await startNode({ tls: SELF_SIGNED });
    await local.pauseNode(id);
    const answer = exchange(port, 'mn\r\n', { tls: true });
    await local.addNode();
    expect((await exchange(local.nodes[1]?.port ?? 0, 'mn\r\n', { tls: true })).toString()).toBe('MN\r\n');
    await local.resumeNode(id);
    expect((await answer).toString()).toBe('MN\r\n');
  });
});

describe('an embedded node that crashes', () => {
  test.each([false, true])(
    'ends its connections as the system ends those of a killed process (TLS: %s), frees its port, and starts again on it without items',
    async (secure) => {
      const { id, port, cluster: local } = await startNode(secure ? { tls: SELF_SIGNED } : {});
      await exchange(port, 'set a 0 0 1\r\nx\r\n', { tls: secure });
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'connect');
      const ended = once(socket.resume(), 'end');
      await local.crashNode(id);
      // A FIN: `once` would reject with the error of a reset.
      await ended;
      const refused = connect({ port, host: '127.0.0.1' });
      expect(await once(refused, 'error')).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })]);
      await local.restartNode(id);
      expect((await exchange(port, 'get a\r\n', { tls: secure })).toString()).toBe('END\r\n');
    },
  );

  test('tells its lives apart by the pid in its statistics', async () => {
    const { id, port, cluster: local } = await startNode();
    const pid = async (): Promise<string | undefined> => /STAT pid (\d+)/.exec(await ask(port, 'stats\r\n'))?.[1];
    const before = await pid();
    expect(before).toBe(await pid());
    await local.restartNode(id);
    expect(await pid()).not.toBe(before);
  });
});

const login = (value: string): Buffer => binaryRequest({ opcode: OPCODE.saslAuth, key: 'PLAIN', value });
const noop = binaryRequest({ opcode: OPCODE.noop });

describe('an embedded node with credentials', () => {
  const credentials = { username: 'user', password: 'secret' };

  test('takes them in the text protocol as `memcached -Y` does', async () => {
    const { port } = await startNode({ credentials });
    expect(await ask(port, 'get a\r\nset x 0 0 11\r\nuser secret\r\nget a\r\n')).toBe(
      'CLIENT_ERROR unauthenticated\r\nSTORED\r\nEND\r\n',
    );
    expect(await ask(port, 'set x 0 0 10\r\nuser wrong\r\nget a\r\n')).toBe(
      'CLIENT_ERROR authentication failure\r\nCLIENT_ERROR unauthenticated\r\n',
    );
  });

  test('takes them in the binary protocol as SASL PLAIN', async () => {
    const { port } = await startNode({ credentials });
    expect(await ask(port, binaryRequest({ opcode: OPCODE.saslList }))).toMatch(/PLAIN$/);
    const welcome = await ask(port, Buffer.concat([login('\0user\0secret'), noop]));
    expect(welcome).toMatch(/Authenticated.{24}$/s);
    expect(welcome).not.toContain('Auth failure');
    expect(await ask(port, Buffer.concat([login('\0user\0wrong'), noop]))).toMatch(/Auth failure\..*Auth failure\.$/s);
    // Without a login no command is executed, and the connection is closed.
    expect(await ask(port, Buffer.concat([noop, noop]))).toMatch(/^.{24}Auth failure\.$/s);
  });
});

describe('an embedded node lists its keys', () => {
  test('one line each, with key, expiry and size, and ends with END', async () => {
    const { port } = await startNode({ now: () => 1_700_000_000_000 });
    await exchange(port, 'set a%b 0 100 3\r\nabc\r\nset c 7 0 1\r\nx\r\nget c\r\n');
    const connection = open(port);
    connection.send('lru_crawler metadump all\r\n');
    expect(await connection.receive('END\r\n')).toBe(
      'key=a%25b exp=1700000100 la=1700000000 cas=1 fetch=no cls=1 size=65\nkey=c exp=-1 la=1700000000 cas=2 fetch=yes cls=1 size=65\nEND\r\n',
    );
  });

  test('refuses it behind another command in one piece, as memcached does', async () => {
    const { port } = await startNode();
    const refused = 'ERROR cannot pipeline other commands before metadump\r\n';
    expect(await ask(port, 'ms a 0\r\n\r\nlru_crawler metadump all\r\n')).toBe(`HD\r\n${refused}`);
  });

  test('one listing at a time; one that nobody reads ends with its connection', async () => {
    const { port } = await startNode();
    const key = 'k'.repeat(240);
    await exchange(port, Array.from({ length: 20_000 }, (_, at) => `set ${key}${at} 0 0 1 noreply\r\nx\r\n`).join(''));
    const slow = connect({ port, host: '127.0.0.1' });
    slow.pause();
    slow.write('lru_crawler metadump all\r\n');
    const other = open(port);
    const listing = async (): Promise<string> => {
      other.send('lru_crawler metadump all\r\n');
      return other.receive('\r\n');
    };
    await expect.poll(listing).toBe('BUSY currently processing crawler request\r\n');
    slow.destroy();
    await expect.poll(async () => (await listing()).endsWith('END\r\n')).toBe(true);
  });
});

describe('an embedded node is bounded', () => {
  test(
    'a client that does not read its answers is not answered further, and the others are',
    { timeout: 120_000 },
    async () => {
      const { port } = await startNode();
      await exchange(port, `set big 0 0 1000000\r\n${'x'.repeat(1_000_000)}\r\n`);
      const greedy = connect({ port, host: '127.0.0.1' });
      greedy.pause();
      greedy.write('get big\r\n'.repeat(300));
      const hits = async (): Promise<number> => Number(/STAT get_hits (\d+)/.exec(await ask(port, 'stats\r\n'))?.[1]);
      await expect.poll(hits).toBeGreaterThan(0);
      expect(await hits()).toBeLessThan(200);
      let received = 0;
      greedy.on('data', (chunk: Buffer) => (received += chunk.length));
      greedy.resume();
      const all = 300 * `VALUE big 0 1000000\r\n${'x'.repeat(1_000_000)}\r\nEND\r\n`.length;
      await expect.poll(() => received, { timeout: 100_000 }).toBe(all);
      greedy.destroy();
    },
  );

  test('a value keeps nothing else of what it came with', async () => {
    const { port } = await startNode({ memoryMegabytes: 1 });
    await exchange(
      port,
      Array.from({ length: 3_000 }, (_, at) => `set k${at} 0 0 1000 noreply\r\n${'x'.repeat(1_000)}\r\n`).join(''),
    );
    const stats = await ask(port, 'stats\r\n');
    expect(Number(/STAT bytes (\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(1_048_576);
    expect(Number(/STAT evictions (\d+)/.exec(stats)?.[1])).toBeGreaterThan(1_900);
  });
});

describe('an embedded node tells the configuration', () => {
  test('in both forms, as every ElastiCache node does', async () => {
    const { id, port, cluster: local } = await startNode();
    const payload = `1\n${id.replace(':', `|127.0.0.1|`)}\n`;
    expect(await ask(port, 'config get cluster\r\n')).toBe(
      `CONFIG cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`,
    );
    expect(await ask(port, 'get AmazonElastiCache:cluster\r\n')).toBe(
      `VALUE AmazonElastiCache:cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`,
    );
    await local.addNode();
    expect(await ask(port, 'config get cluster\r\n')).toMatch(
      /^CONFIG cluster 0 \d+\r\n2\n127\.0\.0\.1\|127\.0\.0\.1\|\d+ 127/,
    );
    expect(await ask(port, 'config set cluster\r\n')).toBe('ERROR\r\n');
  });
});

describe('the clock of embedded nodes', () => {
  test('can be set, and expiry follows it', async () => {
    let nowMs = 1_700_000_000_000;
    const { port } = await startNode({ now: () => nowMs });
    await exchange(port, 'set a 0 60 1\r\nx\r\n');
    nowMs += 59_000;
    expect(await ask(port, 'mg a t\r\n')).toBe('HD t1\r\n');
    const touched = await ask(port, binaryRequest({ opcode: OPCODE.touch, key: 'a', extras: words(10) }));
    expect(touched.length).toBe(28);
    nowMs += 9_999;
    expect(await ask(port, 'mg a t\r\n')).toBe('HD t1\r\n');
    nowMs += 1;
    expect(await ask(port, 'mg a t\r\n')).toBe('EN\r\n');
  });
});

async function rows(port: number, topic = ''): Promise<Map<string, string>> {
  const answer = await ask(port, `stats${topic}\r\n`);
  expect(answer.endsWith('END\r\n')).toBe(true);
  return new Map(Array.from(answer.matchAll(/STAT (\S+) (.*)\r\n/g), ([, name = '', value = '']) => [name, value]));
}

describe('the statistics of an embedded node', () => {
  test('begin with a version that ends in digits: clients parse it', async () => {
    const { port } = await startNode();
    expect(await ask(port, 'version\r\n')).toMatch(/^VERSION \d+\.\d+\.\d+\r\n$/);
  });

  test('count what meta commands do as memcached 1.6.18 counts it', async () => {
    const { port } = await startNode();
    await exchange(
      port,
      'set a 0 0 5\r\nhello\r\nmg zz v\r\nmg yy N30 v\r\nmd a I T30\r\nmd a C1\r\nmg a v\r\nmd a\r\nmd nope\r\nincr nope 1\r\n',
    );
    const counted = await rows(port);
    const [hits, misses] = ['get_hits', 'get_misses'].map((name) => counted.get(name));
    expect({ hits, misses }).toEqual({ hits: '2', misses: '1' });
    expect([counted.get('delete_hits'), counted.get('delete_misses'), counted.get('incr_misses')]).toEqual([
      '1',
      '2',
      '1',
    ]);
  });

  test.each([
    ['a miss that would have been a touch', 'mg a T30 v\r\n', { cmd_touch: '0', get_misses: '1' }],
    ['a compare-and-swap of what is missing', 'ms a 1 C1\r\nx\r\n', { cas_misses: '1' }],
    ['one with another number', 'ms a 1\r\nx\r\nms a 1 C99\r\nx\r\n', { cas_misses: '0', cas_badval: '1' }],
    ['a counter that is made', 'ma a N0\r\n', { incr_hits: '0', incr_misses: '0' }],
    [
      'a counter that is no number',
      'ms a 1\r\nx\r\nma a\r\nma a MD\r\n',
      { incr_hits: '0', incr_misses: '0', decr_hits: '0' },
    ],
    [
      'a value that is too large',
      `ms a 2000000\r\n${'x'.repeat(2_000_000)}\r\n`,
      { store_too_large: '1', cmd_set: '0' },
    ],
    ['a flushed item that is asked for', 'ms a 1\r\nx\r\nflush_all\r\nmg a\r\n', { get_flushed: '1', get_misses: '1' }],
    ['a look at an item', 'me a\r\n', { cmd_meta: '1', cmd_get: '0' }],
  ])('count %s', async (_what, requests, expected) => {
    const { port } = await startNode();
    await exchange(port, requests);
    const counted = await rows(port);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, counted.get(name)]))).toEqual(expected);
  });

  test('list items, slabs, sizes and connections in rows of the form that tools read', async () => {
    const { port } = await startNode();
    expect((await rows(port, ' items')).size).toBe(0);
    await exchange(port, 'set a 0 0 5\r\nhello\r\n');
    const items = await rows(port, ' items');
    expect(items.get('items:1:number')).toBe('1');
    const slabs = await rows(port, ' slabs');
    expect([slabs.get('1:used_chunks'), slabs.get('active_slabs')]).toEqual(['1', '1']);
    expect(await rows(port, ' sizes')).toEqual(new Map([['sizes_status', 'disabled']]));
    expect([...(await rows(port, ' conns')).values()]).toContain(`tcp:127.0.0.1:${port}`);
    expect(await ask(port, 'stats cachedump 1 10\r\n')).toBe('ITEM a [5 b; 0 s]\r\nEND\r\n');
    expect(await ask(port, 'stats nonsense\r\n')).toBe('ERROR\r\n');
  });
});

describe('the key under which a cluster lists its nodes', () => {
  test.each([
    ['set AmazonElastiCache:cluster 0 0 1\r\nx\r\n'],
    ['ms AmazonElastiCache:cluster 1\r\nx\r\n'],
    ['delete AmazonElastiCache:cluster\r\n'],
    ['md AmazonElastiCache:cluster\r\n'],
    ['ma AmazonElastiCache:cluster N0\r\n'],
  ])('is refused to %j, and the connection goes on', async (command) => {
    const { port } = await startNode();
    expect(await ask(port, `${command}version\r\n`)).toMatch(
      /^SERVER_ERROR .* kept by the cluster .*\r\nVERSION [\d.]+\r\n$/,
    );
    expect(await ask(port, 'get AmazonElastiCache:cluster\r\n')).toContain(`|${port}`);
  });
});
