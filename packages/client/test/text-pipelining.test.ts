import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { opaque, outcomes, ScriptedServer } from './text-scripted-server.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 0 };

/** Opaque number of the request of this index; the probe before the first has had one too. */
function opaqueOf(index: number): string {
  return `O${(index + 2) % 1024}`;
}

describe('requests of one turn', () => {
  it('leave in one write, however they are made', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const write = vi.spyOn(Socket.prototype, 'write');
    const { transport } = server;
    const promises: Promise<unknown>[] = [];
    for (let index = 0; index < 10; index += 1) promises.push(transport.get(`key-${index}`));
    process.nextTick(() => promises.push(transport.touch('key-10', 60)));
    await Promise.resolve();
    promises.push(transport.store('set', 'key-11', Buffer.from('v'), ATTRIBUTES));

    const lines = await peer.lines(13);
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
    expect(lines.map((line) => line.split(' ')[1])).toEqual([
      ...Array.from({ length: 10 }, (_, index) => `key-${index}`),
      'key-11',
      undefined,
      'key-10',
    ]);
    peer.say(`${'EN\r\n'.repeat(10)}HD\r\nEN\r\n`);
    expect(await outcomes(promises)).toEqual([...Array.from({ length: 10 }), 'stored', undefined]);
  });

  it('leave in one write with long values among them', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serveAsked();
    const value = Buffer.alloc(200_000, 'v');
    const promises = [1, 2, 3].map((index) => server.transport.store('set', `key-${index}`, value, ATTRIBUTES));
    const expected = [1, 2, 3]
      .map((index) => `ms key-${index} 200000 T60 F0 ${opaqueOf(index - 1)}\r\n${value.toString()}\r\n`)
      .join('');
    expect((await peer.take(expected.length)) === expected).toBe(true);
    peer.say('HD\r\nHD\r\nHD\r\n');
    expect(await outcomes(promises)).toEqual(['stored', 'stored', 'stored']);
  });
});

describe('a node that reads slowly', () => {
  it('is given no more than it takes: what waits is bounded, refused beyond, and arrives whole', async () => {
    const server = await ScriptedServer.start({ maxQueuedBytes: 4 * 1_048_576, timeoutMs: 20_000 });
    const peer = await server.serveAsked();
    peer.socket.pause();
    const { transport } = server;
    const value = Buffer.alloc(500_000);
    const accepted: Promise<unknown>[] = [];
    let refusal: unknown;
    while (refusal === undefined && accepted.length < 1_000) {
      value.fill(accepted.length % 251);
      const stored = transport.store('set', `key-${accepted.length}`, Buffer.from(value), ATTRIBUTES);
      // Of its turn: a refusal is there before the next one.
      const first = await Promise.race([
        stored.catch((error: unknown) => error),
        new Promise((resolve) => setImmediate(resolve)),
      ]);
      if (first === undefined) accepted.push(stored);
      else refusal = first;
    }
    expect(refusal).toMatchObject({
      code: 'SESS_OVERLOADED',
      retryable: true,
      message: expect.stringContaining('maxQueuedBytes'),
    });

    peer.socket.resume();
    for (let index = 0; index < accepted.length; index += 1) {
      const line = `ms key-${index} 500000 T60 F0 ${opaqueOf(index)}\r\n`;
      expect(await peer.take(line.length)).toBe(line);
      value.fill(index % 251);
      expect((await peer.take(value.length)) === value.toString('latin1')).toBe(true);
      expect(await peer.take(2)).toBe('\r\n');
    }
    peer.say('HD\r\n'.repeat(accepted.length));
    expect(new Set(await outcomes(accepted))).toEqual(new Set(['stored']));
  });

  it('gets many short values whole, though they leave in many writes from one buffer', async () => {
    const server = await ScriptedServer.start({
      maxQueuedBytes: 64 * 1_048_576,
      maxInFlight: 10_000,
      timeoutMs: 20_000,
    });
    const peer = await server.serveAsked();
    peer.socket.pause();
    const value = Buffer.alloc(10_000);
    const stored = Array.from({ length: 3_000 }, (_, index) =>
      server.transport.store('set', `key-${index}`, Buffer.from(value.fill(index % 251)), ATTRIBUTES),
    );
    await new Promise((resolve) => setImmediate(resolve));
    peer.socket.resume();
    for (let index = 0; index < stored.length; index += 1) {
      const command = `ms key-${index} 10000 T60 F0 ${opaqueOf(index)}\r\n${value.fill(index % 251).toString('latin1')}\r\n`;
      if ((await peer.take(command.length)) !== command) throw new Error(`store ${index} came damaged`);
    }
    peer.say('HD\r\n'.repeat(stored.length));
    expect(new Set(await outcomes(stored))).toEqual(new Set(['stored']));
  });

  it('never sees a request that was aborted while it waited', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 20_000, maxQueuedBytes: 64 * 1_048_576 });
    const peer = await server.serveAsked();
    peer.socket.pause();
    const { transport } = server;
    const value = Buffer.alloc(262_144, 'v');
    // More than the buffers of both sockets hold.
    const first = Array.from({ length: 100 }, (_, index) => transport.store('set', `key-${index}`, value, ATTRIBUTES));
    const controller = new AbortController();
    const aborted = transport.touch('aborted', 60, { signal: controller.signal });
    const last = transport.touch('last', 60);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toMatchObject({
      code: 'SESS_ABORTED',
      message: expect.stringContaining('before it was sent'),
    });

    peer.socket.resume();
    for (let index = 0; index < first.length; index += 1)
      await peer.take(`ms key-${index} 262144 T60 F0 ${opaqueOf(index)}\r\n\r\n`.length + value.length);
    expect(await peer.lines(1)).toEqual([`mg last f T60 ${opaqueOf(first.length)}`]);
    peer.say(`${'HD\r\n'.repeat(first.length)}EN\r\n`);
    expect(new Set(await outcomes(first))).toEqual(new Set(['stored']));
    expect(await last).toBeUndefined();
  });
});

describe('a value', () => {
  it('that changes its length before it is sent is not sent: the length in a command must be true', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const buffer = new ArrayBuffer(100);
    const stored = server.transport.store('set', 'key', new Uint8Array(buffer), ATTRIBUTES);
    const next = server.transport.get('next');
    structuredClone(buffer, { transfer: [buffer] });
    await expect(stored).rejects.toMatchObject({ code: 'SESS_BAD_VALUE' });
    const [line] = await peer.lines(1);
    expect(line).toMatch(/^mg next /);
    peer.say(`EN ${opaque(line)}\r\n`);
    expect(await next).toBeUndefined();
  });
});

describe('invalid requests', () => {
  it('never reach the node', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const { transport } = server;
    const value = Buffer.from('v');
    const promises = [
      transport.get('a key'),
      transport.touch('k', -1),
      transport.store('set', 'k\r\n', value, ATTRIBUTES),
      transport.store('set', 'k', value, { ttlSeconds: 1.5, flags: 0 }),
      transport.store('set', 'k', value, { ttlSeconds: 1, flags: -1 }),
      transport.store('set', 'k', 'text' as unknown as Uint8Array, ATTRIBUTES),
      transport.store('set', 'k', Buffer.alloc(1_000_001), ATTRIBUTES),
      transport.store({ cas: { unique: -1, epoch: server.epochs[0] ?? 0 } }, 'k', value, ATTRIBUTES),
    ];
    const last = transport.get('last');
    expect(await outcomes(promises)).toEqual([
      'SESS_BAD_KEY',
      'SESS_BAD_VALUE',
      'SESS_BAD_KEY',
      'SESS_BAD_VALUE',
      'SESS_BAD_VALUE',
      'SESS_BAD_VALUE',
      'SESS_TOO_LARGE',
      'SESS_BAD_VALUE',
    ]);
    const [line] = await peer.lines(1);
    expect(line).toMatch(/^mg last /);
    peer.say('EN\r\n');
    await last;
  });
});
