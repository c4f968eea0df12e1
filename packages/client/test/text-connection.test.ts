import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { textTransport } from '../src/transport/text/index.ts';
import { opaque, OPTIONS, outcomes, type Peer, ScriptedServer } from './text-scripted-server.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 0 };

afterEach(() => vi.restoreAllMocks());

describe('the dialect', () => {
  it('is classic where the node knows no meta commands', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key');
    const peer = await server.accept();
    expect(await peer.lines(2)).toEqual(['mn', 'version']);
    peer.say('ERROR\r\nVERSION 1.5.22\r\n');
    expect(await peer.lines(1)).toEqual(['gets key']);
    peer.say('VALUE key 5 1 9\r\nv\r\nEND\r\n');
    expect(await answer).toEqual({
      value: Buffer.from('v'),
      flags: 5,
      cas: { unique: 9, epoch: server.epochs[0] },
      ttlSeconds: undefined,
    });
  });

  it('without gats is found out once, and the request is sent again', async () => {
    const server = await ScriptedServer.start();
    const first = server.transport.touch('key', 60);
    const peer = await server.accept();
    await peer.lines(2);
    peer.say('ERROR\r\nVERSION 1.5.22\r\n');
    expect(await peer.lines(1)).toEqual(['gats 60 key']);
    peer.say('ERROR\r\n');
    expect(await peer.lines(2)).toEqual(['gets key', 'touch key 60']);
    peer.say('VALUE key 5 1 9\r\nv\r\nEND\r\nTOUCHED\r\n');
    expect(await first).toEqual({ flags: 5 });
    const second = server.transport.touch('key', 30);
    expect(await peer.lines(2)).toEqual(['gets key', 'touch key 30']);
    peer.say('END\r\nNOT_FOUND\r\n');
    expect(await second).toBeUndefined();
    expect(server.connections).toBe(1);
  });

  it('is asked for anew on every connection: the node may have been replaced', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    peer.socket.end();
    const next = await server.accept();
    await next.lines(2);
    next.say('ERROR\r\nVERSION 1.5.22\r\n');
    const answer = server.transport.get('key');
    expect(await next.lines(1)).toEqual(['gets key']);
    next.say('END\r\n');
    expect(await answer).toBeUndefined();
  });
});

describe('a connection that is lost', () => {
  it('fails what was sent on it, and is made again at once', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const sent = [server.transport.get('key'), server.transport.touch('key', 60)];
    await peer.lines(2);
    peer.socket.destroy();
    expect(await outcomes(sent)).toEqual(['SESS_CONNECTION', 'SESS_CONNECTION']);
    await server.serve();
    expect(new Set(server.epochs).size).toBe(2);
  });

  it('while idle is made again at once, and fails no request', async () => {
    const server = await ScriptedServer.start();
    const now = performance.now.bind(performance);
    for (let round = 1; round <= 5; round += 1) {
      const peer = await server.serve();
      // Each connection has lasted for a while.
      vi.spyOn(performance, 'now').mockImplementation(() => now() + round * 1_000);
      peer.socket.end();
      await server.lost(round);
      expect(server.losses[round - 1]).toMatchObject({
        code: 'SESS_CONNECTION',
        message: expect.stringContaining('the node closed it'),
      });
    }
    const peer = await server.serve();
    expect(peer.socket.destroyed).toBe(false);
  });

  it('takes its compare-and-swap numbers with it', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const epoch = server.epochs[0] ?? 0;
    const stored = server.transport.store({ cas: { unique: 5, epoch } }, 'key', Buffer.from('v'), ATTRIBUTES);
    expect((await peer.lines(2))[0]).toMatch(/^ms key 1 T60 F0 C5 /);
    peer.say('HD\r\n');
    expect(await stored).toBe('stored');

    peer.socket.end();
    await server.lost(1);
    const next = await server.serve();
    expect(await server.transport.store({ cas: { unique: 5, epoch } }, 'key', Buffer.from('v'), ATTRIBUTES)).toBe(
      'exists',
    );
    expect(next.received).toHaveLength(0);
  });

  it('between a compare-and-swap and its turn to be sent keeps it from being sent', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 20_000, maxQueuedBytes: 64 * 1_048_576 });
    const peer = await server.serveAsked();
    peer.socket.pause();
    const value = Buffer.alloc(262_144);
    let lost = 0;
    const before = Array.from({ length: 100 }, (_, index) =>
      server.transport.store('set', `key-${index}`, value, ATTRIBUTES).catch(() => {
        lost += 1;
      }),
    );
    const conditional = server.transport.store(
      { cas: { unique: 5, epoch: server.epochs[0] ?? 0 } },
      'key',
      Buffer.from('v'),
      ATTRIBUTES,
    );
    const after = server.transport.touch('after', 60);
    await new Promise((resolve) => setImmediate(resolve));
    peer.socket.destroy();

    const next = await server.accept();
    await next.lines(2);
    next.say('MN\r\nVERSION 1.6.18\r\n');
    expect(await conditional).toBe('exists');
    // What was sent is lost, the rest comes on the new connection: but not the compare-and-swap.
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(before.length);
    for (let index = lost; index < before.length; index += 1) {
      await next.take(`ms key-${index} ${value.length} T60 F0 O${index - lost + 1}\r\n\r\n`.length + value.length);
    }
    expect((await next.lines(1))[0]).toMatch(/^mg after /);
    next.say(`${'HD\r\n'.repeat(before.length - lost)}EN\r\n`);
    expect(await after).toBeUndefined();
    await Promise.all(before);
  });
});

describe('a reply that is not one', () => {
  it.each(['EN O77\r\n', 'HELLO\r\n', 'VA 2 f0 c1 t1\r\nvvv\r\n', '\r\n', '\0\0\0\0\n'])(
    '(%j) ends the connection, and the next one is sound',
    async (reply) => {
      const server = await ScriptedServer.start();
      const peer = await server.serve();
      const pending = [server.transport.get('key'), server.transport.get('key')];
      await peer.lines(2);
      peer.say(reply);
      expect(await outcomes(pending)).toEqual(['SESS_PROTOCOL', 'SESS_PROTOCOL']);
      await peer.closed();
      expect(server.losses).toEqual([expect.objectContaining({ code: 'SESS_PROTOCOL' })]);
      const next = await server.greet();
      const probe = server.transport.probe();
      await next.lines(1);
      next.say('VERSION 1.6.18\r\n');
      expect(await probe).toBe('1.6.18');
    },
  );

  it('that nobody asked for ends an idle connection', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    peer.say('HD\r\n');
    await server.lost(1);
    expect(server.losses[0]).toMatchObject({
      code: 'SESS_PROTOCOL',
      message: expect.stringContaining('nothing was asked for'),
    });
  });

  it('in answer to a refused store ends the connection after that store: its value may be read as commands', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const pending = [server.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES), server.transport.get('key')];
    await peer.lines(3);
    peer.say('CLIENT_ERROR bad command line format\r\nERROR\r\nEN\r\n');
    expect(await outcomes(pending)).toEqual(['SESS_SERVER', 'SESS_CONNECTION']);
    await peer.closed();
  });
});

describe('a node that speaks TLS where the client does not, or the other way round', () => {
  it.each([
    ['plain where TLS is expected', {}, (peer: Peer) => peer.say('\x15\x03\x01\x00\x02\x02\x46'), 'memcacheds://'],
    [
      'TLS where plain is expected',
      { tls: {} },
      (peer: Peer) => peer.say('ERROR\r\nERROR\r\n'),
      'leave out the option tls',
    ],
    ['TLS where the server hangs up', { tls: {} }, () => undefined, 'leave out the option tls'],
  ] as const)('is told in one line that says what to do: %s', async (_, options, speak, advice) => {
    const server = await ScriptedServer.start(options);
    const probe = server.transport.probe().catch((error: unknown) => error);
    const peer = await server.accept();
    await peer.take(1);
    speak(peer);
    peer.socket.end();
    const error = (await probe) as Error;
    expect(error).toMatchObject({ code: 'SESS_CONNECTION', message: expect.stringContaining(advice) });
    expect(error.message).toMatch(/TLS/);
    expect(error.message).not.toContain('\n');
  });
});

describe('a node that is out of reach', () => {
  it('fails what waits, is left alone for a while, and is tried by a probe at any time', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const losses: Error[] = [];
    const node = textTransport().open({ id: 'dead:1', host: '127.0.0.1', port }, OPTIONS, {
      connected() {},
      disconnected: (error) => losses.push(error),
    });
    const first: unknown = await node.get('key').catch((error: unknown) => error);
    expect(first).toMatchObject({
      code: 'SESS_CONNECTION',
      node: 'dead:1',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const second: unknown = await node.get('key').catch((error: unknown) => error);
    expect(second).toMatchObject({
      code: 'SESS_CONNECTION',
      message: expect.stringMatching(/tried again in \d+ ms: .*ECONNREFUSED/),
    });
    expect(losses).toHaveLength(1);
    expect(await outcomes([node.probe(), node.probe()])).toEqual(['SESS_CONNECTION', 'SESS_CONNECTION']);
    expect(losses).toHaveLength(2);
    await node.close();
  });

  it('and whose options Node.js refuses, is one that can not be connected to', async () => {
    const node = textTransport().open(
      { id: 'n:1', host: '127.0.0.1', port: 1 },
      { ...OPTIONS, tls: { cert: 'no certificate' } },
      { connected() {}, disconnected() {} },
    );
    await expect(node.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION', node: 'n:1' });
    await node.close();
  });

  it('is not waited for beyond connectTimeoutMs when it never greets', async () => {
    const server = await ScriptedServer.start({ connectTimeoutMs: 50 });
    const waiting = server.transport.get('key');
    const peer = await server.accept();
    await expect(waiting).rejects.toMatchObject({
      code: 'SESS_TIMEOUT',
      message: expect.stringContaining('50 ms (connectTimeoutMs)'),
    });
    await peer.closed();
  });
});

describe('the end', () => {
  it('lets what is under way finish, takes nothing more, and leaves nothing open', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const pending = server.transport.get('key');
    const [line] = await peer.lines(1);
    const closed = server.transport.close();
    const refused = server.transport.get('key');
    await expect(refused).rejects.toMatchObject({ code: 'SESS_CLOSED' });
    peer.say(`EN ${opaque(line)}\r\n`);
    expect(await pending).toBeUndefined();
    await closed;
    await peer.closed();
    await server.transport.close();
    server.transport.destroy();
    expect(server.losses).toEqual([]);
  });

  it('does not wait for what nobody waits for', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 50 });
    await server.serve();
    await expect(server.transport.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT' });
    await server.transport.close();
  });

  it('comes before the beginning, too', async () => {
    const server = await ScriptedServer.start();
    await server.transport.close();
    expect(await outcomes([server.transport.probe()])).toEqual(['SESS_CLOSED']);
    expect(server.connections).toBe(0);
  });

  it('at once fails what waits, sent or not', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const sent = server.transport.get('sent');
    await peer.lines(1);
    const unsent = server.transport.get('unsent');
    const results = outcomes([sent, unsent]);
    server.transport.destroy();
    server.transport.destroy();
    expect(await results).toEqual(['SESS_CLOSED', 'SESS_CLOSED']);
    await peer.closed();
    await server.transport.close();
    expect(peer.received).toHaveLength(0);
    expect(server.losses).toEqual([]);
  });

  it('while connecting fails what waits, and the connection is given up', async () => {
    const server = await ScriptedServer.start();
    const waiting = outcomes([server.transport.get('key')]);
    const peer = await server.accept();
    server.transport.destroy();
    expect(await waiting).toEqual(['SESS_CLOSED']);
    await peer.closed();
  });
});
