import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { EventStream } from './event-stream.ts';

const LARGE = 'x'.repeat(1_000_000);
let end: () => void;

async function browserOf(stream: EventStream): Promise<{ readonly socket: Socket; readonly response: ServerResponse }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  stream.add(response, 'first');
  end = () => {
    socket.destroy();
    server.close();
  };
  return { socket, response };
}

describe('a stream of pictures', () => {
  afterEach(() => end());

  it('keeps no more than one picture for a browser that reads nothing, and gives it the latest when it reads again', async () => {
    const stream = new EventStream();
    const { socket, response } = await browserOf(stream);
    socket.pause();
    for (let number = 0; number < 200; number += 1) {
      stream.send(`${number} ${LARGE}`);
      // Time for the network to accept what it can.
      await new Promise((resolve) => setImmediate(resolve));
      expect(response.writableLength).toBeLessThan(2 * LARGE.length);
    }
    let last = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (last = (last + chunk).slice(-LARGE.length - 100)));
    socket.resume();
    await expect.poll(() => last).toContain('data: 199 ');
  });

  it('sends each picture once', async () => {
    const stream = new EventStream();
    const { socket } = await browserOf(stream);
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (heard += chunk));
    stream.send(`large ${LARGE}`);
    await expect.poll(() => heard.length).toBeGreaterThan(LARGE.length);
    stream.send('small');
    await expect.poll(() => heard).toContain('data: small');
    expect(heard.match(/data: \w+/g)).toEqual(['data: first', 'data: large', 'data: small']);
  });

  it('forgets a browser that is gone', async () => {
    const stream = new EventStream();
    const { socket } = await browserOf(stream);
    expect(stream.size).toBe(1);
    socket.destroy();
    await expect.poll(() => stream.size).toBe(0);
    stream.send('for nobody');
  });
});
