import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { delayed, freePort, isListening, TcpProxy } from '../src/index.ts';

let echo: Server;
let accepted: Socket[] = [];
beforeEach(async () => {
  accepted = [];
  echo = createServer((socket) => {
    accepted.push(socket.on('error', () => undefined));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
afterEach(async () => {
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => echo.close(resolve));
});
const echoPort = (): number => (echo.address() as AddressInfo).port;

describe('a port', () => {
  it('is free until something listens on it', async () => {
    expect(await isListening(await freePort())).toBe(false);
    expect(await isListening(echoPort())).toBe(true);
  });
});

describe('a proxy', () => {
  it('passes everything on in order, later by its latency', async () => {
    await using proxy = await TcpProxy.start(echoPort(), delayed(20));
    const socket = connect(proxy.port, '127.0.0.1');
    await once(socket, 'connect');
    const startedAt = performance.now();
    let came = '';
    socket.setEncoding('latin1').on('data', (text: string) => (came += text));
    for (const letter of 'abcdef') socket.write(letter);
    await expect.poll(() => came).toBe('abcdef');
    // Timers may fire up to a millisecond early, each way.
    expect(performance.now() - startedAt).toBeGreaterThan(37);
    expect(proxy.connections).toBe(1);
    socket.destroy();
  });

  it('ends one side when the other ends, or resets both', async () => {
    await using proxy = await TcpProxy.start(echoPort(), delayed(0));
    const socket = connect(proxy.port, '127.0.0.1');
    await expect.poll(() => accepted.length).toBe(1);
    accepted[0]?.destroy();
    await once(socket, 'close');
    const other = connect(proxy.port, '127.0.0.1');
    await expect.poll(() => accepted.length).toBe(2);
    const failed = once(other, 'error');
    proxy.reset();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => proxy.sockets.size).toBe(0);
  });
});
