import { freePort, memcachedAt, memcachedWith } from '@sess/loopback';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { OPTIONS, ScriptedServer } from './text-scripted-server.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 1 };
const KEY = 'key';
const KIB = 1_024;
const TOO_LARGE = {
  code: 'SESS_TOO_LARGE',
  retryable: false,
  message: expect.stringContaining('what was stored is still there') as string,
};

async function answering(transport: NodeTransport): Promise<void> {
  await vi.waitFor(() => transport.probe(), { timeout: 5_000 });
}
/**
 * The largest value that a node takes under {@link KEY}, by what the transport refuses; each value in doubt is over one
 * that must stay.
 */
async function largest(transport: NodeTransport, around: number): Promise<number> {
  let most = 0;
  for (let bytes = around - 80; bytes <= around; bytes += 1) {
    await transport.store('set', KEY, Buffer.from('before'), ATTRIBUTES);
    const outcome = await transport.store('set', KEY, Buffer.alloc(bytes), ATTRIBUTES).catch((error: unknown) => error);
    if (outcome === 'stored') most = bytes;
    else {
      expect(outcome).toMatchObject(TOO_LARGE);
      expect((await transport.get(KEY))?.value.toString()).toBe('before');
    }
  }
  return most;
}

describe.runIf(inject('runtimes').includes('memcached'))('a value that is too large for memcached', () => {
  function open(port: number, dialect: 'meta' | 'classic'): NodeTransport {
    const node = { id: `127.0.0.1:${port}`, host: '127.0.0.1', port };
    const events = { connected: () => undefined, disconnected: () => undefined };
    const transport = textTransport({ dialect }).open(node, { ...OPTIONS, maxValueBytes: 4_096 * KIB }, events);
    onTestFinished(() => transport.destroy());
    return transport;
  }
  it.each([
    ['meta', ['-I', '512k'], 512 * KIB - 63],
    ['classic', ['-I', '512k'], 512 * KIB - 63],
    ['meta', ['-I', '2m'], 2_048 * KIB - 63],
    ['classic', ['-I', '2m'], 2_048 * KIB - 63],
    ['meta', ['-I', '512k', '-C'], 512 * KIB - 55],
    ['meta', ['-I', '64k', '-o', 'slab_chunk_max=65536'], 64 * KIB - 63],
    ['classic', ['-I', '64k', '-o', 'slab_chunk_max=32768'], 64 * KIB - 63],
    ['meta', ['-I', '1k', '-o', 'slab_chunk_max=1024'], KIB - 63],
    ['classic', ['-I', '1k', '-o', 'slab_chunk_max=512'], KIB - 63],
    ['meta', ['-I', '1k', '-o', 'slab_chunk_max=1024', '-C'], KIB - 55],
  ] as const)(
    'is refused before it deletes what was there, and nothing else is (%s, %j)',
    async (dialect, given, room) => {
      await using memcached = await memcachedWith('-m', '512', ...given);
      const transport = open(memcached.port, dialect);
      await answering(transport);
      expect(await largest(transport, room)).toBe(room - KEY.length);
    },
  );

  it('is known anew when the node was started again with another limit', async () => {
    const port = await freePort();
    const first = memcachedAt('127.0.0.1', port, '-m', '512', '-I', '2m');
    const transport = open(port, 'meta');
    await answering(transport);
    const value = Buffer.alloc(700 * KIB);
    expect(await transport.store('set', KEY, value, ATTRIBUTES)).toBe('stored');
    await first[Symbol.asyncDispose]();
    const again = memcachedAt('127.0.0.1', port, '-m', '512', '-I', '512k');
    onTestFinished(() => again[Symbol.asyncDispose]());
    await answering(transport);
    expect(await transport.store('set', KEY, Buffer.from('before'), ATTRIBUTES)).toBe('stored');
    await expect(transport.store('set', KEY, value, ATTRIBUTES)).rejects.toMatchObject(TOO_LARGE);
    expect((await transport.get(KEY))?.value.toString()).toBe('before');
  });
});

describe('a large value for a node that does not tell its limit', () => {
  const LARGE = Buffer.alloc(300 * KIB, 'v');

  it.each([
    ['hangs up', undefined],
    ['answers with an error', 'ERROR\r\n'],
    ['answers something else', 'STAT item_size_max none\r\nEND\r\n'],
  ])('is sent, and the next one without a question, when it %s', async (_, said) => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const stored = server.transport.store('set', KEY, LARGE, ATTRIBUTES);
    const asked = await server.accept();
    await asked.lines(1);
    asked.say('VERSION 1.6.18\r\n');
    expect(await asked.lines(1)).toEqual(['stats settings']);
    if (said === undefined) asked.socket.destroy();
    else asked.say(said);
    await peer.lines(2);
    peer.say('HD\r\n');
    expect(await stored).toBe('stored');
    const again = server.transport.store('set', KEY, LARGE, ATTRIBUTES);
    await peer.lines(2);
    peer.say('HD\r\n');
    expect([await again, server.connections]).toEqual(['stored', 2]);
  });

  it('is sent when the answer does not come, and the question ends with the request and with the transport', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 100 });
    const peer = await server.serve();
    const stored = server.transport.store('set', KEY, LARGE, ATTRIBUTES);
    await server.accept();
    await peer.lines(2);
    peer.say('HD\r\n');
    expect(await stored).toBe('stored');
  });

  it('waits no longer than its signal, and for no transport that is destroyed', async () => {
    const server = await ScriptedServer.start();
    await server.serve();
    const aborter = new AbortController();
    const aborted = server.transport.store('set', KEY, LARGE, ATTRIBUTES, { signal: aborter.signal });
    const ended = server.transport.store('set', KEY, LARGE, ATTRIBUTES);
    await server.accept();
    aborter.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'SESS_ABORTED' });
    server.transport.destroy();
    await expect(ended).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });

  it('is sent all the same when the transport is closed meanwhile', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const stored = server.transport.store('set', KEY, LARGE, ATTRIBUTES);
    const asked = await server.accept();
    const closed = server.transport.close();
    asked.socket.destroy();
    await peer.lines(2);
    peer.say('HD\r\n');
    expect(await stored).toBe('stored');
    await closed;
  });
});
