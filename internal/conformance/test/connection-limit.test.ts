/** A node or an endpoint that has as many connections as it allows: said so, and never taken for something else. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { createClient, textTransport, type ClientOptions } from '@sess/client';
import { freePort, isListening } from '@sess/loopback';
import { memjsTransport } from '@sess/memjs-transport';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

const TRANSPORTS: Readonly<Record<string, () => ClientOptions['transport']>> = {
  auto: () => textTransport(),
  meta: () => textTransport({ dialect: 'meta' }),
  classic: () => textTransport({ dialect: 'classic' }),
  memjs: () => memjsTransport(),
};
/** Memcached takes some for itself. */
const LIMIT = 20;

describe.runIf(inject('runtimes').includes('memcached'))('memcached at its limit of connections', () => {
  let port: number;
  let memcached: ChildProcess;
  let held: Socket[] = [];
  beforeEach(async () => {
    port = await freePort();
    const user = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
    const options = ['-p', String(port), '-l', '127.0.0.1', '-U', '0', '-t', '1', '-c', String(LIMIT), ...user];
    memcached = spawn('memcached', options, { stdio: 'ignore' });
    await expect.poll(() => isListening(port)).toBe(true);
  });
  afterEach(async () => {
    await release();
    memcached.kill('SIGKILL');
    await once(memcached, 'exit');
  });

  /** Opens connections until memcached refuses one. */
  async function fill(): Promise<void> {
    let isFull = false;
    for (let opened = 0; !isFull; opened += 1) {
      expect(opened).toBeLessThan(2 * LIMIT);
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      held.push(socket);
      socket.write('version\r\n');
      const [said] = (await once(socket, 'data')) as [Buffer];
      isFull = said.toString('latin1').startsWith('ERROR Too many open connections');
    }
  }
  async function release(): Promise<void> {
    const closed = held.filter((socket) => !socket.closed).map((socket) => once(socket, 'close'));
    for (const socket of held) socket.destroy();
    held = [];
    await Promise.all(closed);
  }

  it.each(Object.entries(TRANSPORTS))('is named as a node, and is used when it has room (%s)', async (_, transport) => {
    await fill();
    const options = { transport: transport(), readyTimeoutMs: 1_500 };
    const client = createClient({
      servers: `memcached://127.0.0.1:${port}`,
      historySecret: 'x'.repeat(32),
      ...options,
    });
    try {
      const error: unknown = await client.ready().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: expect.stringContaining('memcached -c') as string });
      expect(String(error)).not.toContain('Check that memcached runs there');
      await release();
      await expect.poll(() => client.ready().then(() => 'ready', String)).toBe('ready');
      await client.set('key', 'value', { ttlSeconds: 60 });
    } finally {
      await client.close();
    }
  });

  it('is named as an endpoint, and not taken for the only node of a cluster', async () => {
    await fill();
    const client = createClient({
      servers: `elasticache://127.0.0.1:${port}`,
      historySecret: 'x'.repeat(32),
      readyTimeoutMs: 1_500,
    });
    try {
      await expect(client.ready()).rejects.toMatchObject({
        message: expect.stringMatching(/No topology.*memcached -c/) as string,
      });
      expect(client.topology.nodes).toEqual([]);
    } finally {
      await client.close();
    }
  });
});
