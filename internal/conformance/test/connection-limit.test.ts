/** A node or an endpoint at its limit of connections: the error says so and names no other cause. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@sess/client';
import { freePort, isListening } from '@sess/loopback';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { TRANSPORTS } from './every-transport.ts';

/** memcached uses some itself. */
const LIMIT = 20;

describe.runIf(inject('runtimes').includes('memcached'))('memcached at its limit of connections', () => {
  let folder: string;
  let port: number;
  let memcached: ChildProcess;
  let held: Socket[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sess-limit-'));
    port = await freePort();
  });
  afterEach(async () => {
    await release();
    memcached.kill('SIGKILL');
    await once(memcached, 'exit');
    await rm(folder, { recursive: true });
  });

  async function start(...more: string[]): Promise<void> {
    const user = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
    const options = ['-p', String(port), '-l', '127.0.0.1', '-U', '0', '-t', '1', '-c', String(LIMIT), ...user];
    memcached = spawn('memcached', [...options, ...more], { stdio: 'ignore' });
    await expect.poll(() => isListening(port)).toBe(true);
  }
  async function startWithTls(): Promise<Buffer> {
    // memcached reads the files after it has switched its user.
    await chmod(folder, 0o755);
    const [certificate = '', key = ''] = await Promise.all(
      ['certificate.pem', 'key.pem'].map(async (name) => {
        const file = join(folder, name);
        await copyFile(new URL(`fixtures/${name}`, import.meta.url), file);
        await chmod(file, 0o644);
        return file;
      }),
    );
    await start('-Z', '-o', `ssl_chain_cert=${certificate},ssl_key=${key}`);
    return readFile(certificate);
  }
  /** Takes all free connections of memcached: in two goes, since it may close those of before only after the first. */
  async function fill(): Promise<void> {
    for (let go = 0; go < 2; go += 1) await takeUntilRefused();
  }
  async function takeUntilRefused(): Promise<void> {
    const refused: Buffer[] = [];
    for (let opened = 0; opened < 2 * LIMIT; opened += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.on('data', (said) => refused.push(said));
      held.push(socket);
    }
    await expect.poll(() => String(refused)).toContain('ERROR Too many open connections');
  }
  async function release(): Promise<void> {
    const closed = held.filter((socket) => !socket.closed).map((socket) => once(socket, 'close'));
    for (const socket of held) socket.destroy();
    held = [];
    await Promise.all(closed);
  }
  async function expectReadyAfterRelease(client: Client): Promise<void> {
    const error: unknown = await client.ready().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining('memcached -c') as string });
    expect(String(error)).not.toContain('Check that memcached runs there');
    await release();
    await expect.poll(() => client.ready().then(() => 'ready', String)).toBe('ready');
  }

  it.each(Object.entries(TRANSPORTS))('is named as a node, and is used when it has room (%s)', async (_, transport) => {
    await start();
    await fill();
    const options = { transport: transport(), readyTimeoutMs: 1_500 };
    const client = createClient({
      servers: `memcached://127.0.0.1:${port}`,
      historySecret: 'x'.repeat(32),
      ...options,
    });
    try {
      await expectReadyAfterRelease(client);
      await client.set('key', 'value', { ttlSeconds: 60 });
    } finally {
      await client.close();
    }
  });

  it.each(Object.entries(TRANSPORTS))('is named as a node that speaks TLS (%s)', async (_, transport) => {
    const ca = await startWithTls();
    await fill();
    const client = createClient({
      servers: `memcacheds://127.0.0.1:${port}`,
      tls: { ca, checkServerIdentity: () => undefined },
      transport: transport(),
      readyTimeoutMs: 1_500,
      historySecret: 'x'.repeat(32),
    });
    try {
      await expectReadyAfterRelease(client);
    } finally {
      await client.close();
    }
  });

  it('is named as an endpoint, and not taken for the only node of a cluster', async () => {
    await start();
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
