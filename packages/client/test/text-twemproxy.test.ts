/** A proxy that is in use: it hangs up on what it does not know, and has neither users nor a list of keys. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCluster } from '@sess/local-cluster';
import { freePort, isListening } from '@sess/loopback';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';

describe.runIf(inject('programs').includes('nutcracker'))('twemproxy before memcached', () => {
  it('keeps sessions, without an option', async () => {
    await using cluster = await startLocalCluster({ nodes: 2, runtime: inject('mainRuntimes')[0] ?? 'embedded' });
    const port = await startTwemproxy(cluster.nodes.map(({ port: node }) => node));
    await using client = createClient({ servers: `memcached://127.0.0.1:${port}` });
    await client.ready();
    const record = await client.set('key', 'value', { ttlSeconds: 60 });
    expect((await client.get('key'))?.value.toString()).toBe('value');
    await client.set('key', 'second', { ttlSeconds: 60, expect: record });
    await expect(client.set('key', 'third', { ttlSeconds: 60, expect: record })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    expect(await client.touch('key', 120)).toBe(true);
    expect((await client.get('key'))?.value.toString()).toBe('second');
    await client.delete('key', { ttlSeconds: 60 });
    expect(await client.get('key')).toBeUndefined();
    expect([...client.topology.states.values()]).toEqual(['up']);
  });
});

describe.runIf(inject('programs').includes('nutcracker'))('twemproxy in the place of two nodes', () => {
  it('lists no keys, so that none can be drained, which is said before anything is changed', async () => {
    await using cluster = await startLocalCluster({ nodes: 2, runtime: inject('mainRuntimes')[0] ?? 'embedded' });
    const ports = await Promise.all(cluster.nodes.map(({ port }) => startTwemproxy([port])));
    await using client = createClient({ servers: ports.map((port) => `127.0.0.1:${port}`) });
    await client.ready();
    const error = await client.drain(`127.0.0.1:${ports[0]}`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'SESS_SERVER',
      message: expect.stringMatching(/nothing was changed.*proxy/) as string,
    });
    expect([...client.topology.states.values()]).toEqual(['up', 'up']);
  });

  it('loses no session when a node joins, and brings none back', async () => {
    const cluster = await startLocalCluster({ nodes: 3, runtime: inject('mainRuntimes')[0] ?? 'embedded' });
    onTestFinished(() => cluster.close());
    const ports = await Promise.all(cluster.nodes.map(({ port }) => startTwemproxy([port])));
    const servers = ports.map((port) => `127.0.0.1:${port}`);
    const open = async (nodes: number): Promise<Client> => {
      const client = createClient({
        servers: servers.slice(0, nodes),
        historySecret: 'a secret of at least thirty-two bytes',
        historyIntervalMs: 100,
        handover: { clockSkewMs: 0 },
      });
      onTestFinished(() => client.close());
      await client.ready();
      return client;
    };
    const keys = Array.from({ length: 100 }, (_, number) => `user/${number}`);
    const first = await open(2);
    for (const key of keys) await first.set(key, key, { ttlSeconds: 600 });
    await first.delete('user/0', { ttlSeconds: 600 });
    const later = await open(3);
    const found = await Promise.all(keys.map((key) => later.get(key)));
    expect(found.map((record) => record?.value.toString())).toEqual([undefined, ...keys.slice(1)]);
  });
});

describe.runIf(inject('programs').includes('nutcracker'))('twemproxy', () => {
  it('takes no credentials, and is said to', async () => {
    const port = await startTwemproxy([await freePort()]);
    await using client = createClient({ servers: `memcached://user:password@127.0.0.1:${port}`, readyTimeoutMs: 500 });
    await expect(client.ready()).rejects.toThrow(/takes no credentials, such as twemproxy.*leave them out/);
  });

  it('is not blamed for the nodes behind it, nor is TLS', async () => {
    const port = await startTwemproxy([await freePort()]);
    await using client = createClient({ servers: `memcached://127.0.0.1:${port}`, readyTimeoutMs: 500 });
    await expect(client.ready()).rejects.toThrow(
      /"SERVER_ERROR .*", as a proxy does that can't reach the nodes behind/,
    );
  });
});

/** Ends with the test. Returns its port. */
async function startTwemproxy(nodes: readonly number[]): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'sess-twemproxy-'));
  const servers = nodes.map((node) => `  - 127.0.0.1:${node}:1\n`).join('');
  const pool = `sess:\n  listen: 127.0.0.1:${port}\n  hash: fnv1a_64\n  distribution: ketama\n  servers:\n${servers}`;
  writeFileSync(join(folder, 'nutcracker.yml'), pool);
  const statistics = await freePort();
  const running = spawn(
    'nutcracker',
    ['-c', join(folder, 'nutcracker.yml'), '-s', String(statistics), '-a', '127.0.0.1'],
    {
      stdio: 'ignore',
    },
  );
  onTestFinished(async () => {
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  await expect.poll(() => isListening(port)).toBe(true);
  return port;
}
