/** A node or an endpoint at its limit of connections: the error says so and names no other cause. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@sess/client';
import { memcachedWith, SELF_SIGNED, type MemcachedWith } from '@sess/loopback';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { TRANSPORTS } from './every-transport.ts';

/** memcached uses some itself. */
const LIMIT = 20;

describe.runIf(inject('runtimes').includes('memcached'))('memcached at its limit of connections', () => {
  let folder: string;
  let memcached: MemcachedWith;
  let held: Socket[] = [];
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sess-limit-'))));
  afterEach(async () => {
    await release();
    await memcached[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function start(...more: string[]): Promise<void> {
    memcached = await memcachedWith('-t', '1', '-c', String(LIMIT), ...more);
  }
  async function startWithTls(): Promise<void> {
    // memcached reads the files after it has switched its user.
    await chmod(folder, 0o755);
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    await writeFile(key, SELF_SIGNED.key);
    await writeFile(certificate, SELF_SIGNED.cert);
    await start('-Z', '-o', `ssl_chain_cert=${certificate},ssl_key=${key}`);
  }
  /** Takes all free connections of memcached: in two goes, since it may close those of before only after the first. */
  async function fill(): Promise<void> {
    for (let go = 0; go < 2; go += 1) await takeUntilRefused();
  }
  async function takeUntilRefused(): Promise<void> {
    const refused: Buffer[] = [];
    for (let opened = 0; opened < 2 * LIMIT; opened += 1) {
      const socket = connect(memcached.port, '127.0.0.1').on('error', () => undefined);
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
    await using client = createClient({
      servers: `memcached://127.0.0.1:${memcached.port}`,
      historySecret: 'x'.repeat(32),
      ...options,
    });
    await expectReadyAfterRelease(client);
    await client.set('key', 'value', { ttlSeconds: 60 });
  });

  it.each(Object.entries(TRANSPORTS))('is named as a node that speaks TLS (%s)', async (_, transport) => {
    await startWithTls();
    await fill();
    await using client = createClient({
      servers: `memcacheds://127.0.0.1:${memcached.port}`,
      tls: { ca: SELF_SIGNED.cert, checkServerIdentity: () => undefined },
      transport: transport(),
      readyTimeoutMs: 1_500,
      historySecret: 'x'.repeat(32),
    });
    await expectReadyAfterRelease(client);
  });

  it('is named as an endpoint, and not taken for the only node of a cluster', async () => {
    await start();
    await fill();
    await using client = createClient({
      servers: `elasticache://127.0.0.1:${memcached.port}`,
      historySecret: 'x'.repeat(32),
      readyTimeoutMs: 1_500,
    });
    await expect(client.ready()).rejects.toMatchObject({
      message: expect.stringMatching(/No topology.*memcached -c/) as string,
    });
    expect(client.topology.nodes).toEqual([]);
  });
});
