import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { memcachedStore } from '@sess/session';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { TRANSPORTS } from './every-transport.ts';

/** A script that starts memcached with `-M`: a full memcached then refuses to store instead of evicting. */
async function memcachedThatRefuses(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'memcached');
  await writeFile(path, '#!/bin/sh\nexec memcached -M "$@"\n');
  await chmod(path, 0o755);
  return path;
}

/** The sizes of values that fill memcached's slab classes, the largest first: they take the pages. */
const SIZES = [
  50_000, 5_000, 1_500, 900, 600, 500, 400, 350, 300, 250, 200, 170, 140, 115, 95, 75, 60, 45, 30, 20, 10, 1,
];
const BATCH = 50;

/** Stores values of every size until the node refuses each. */
async function fill(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  for (const size of SIZES) {
    for (let stored = BATCH, batch = 0; stored > 0; batch += 1) {
      const keys = Array.from({ length: BATCH }, (_, index) => `fill-${size}-${batch * BATCH + index}`);
      socket.write(keys.map((key) => `set ${key} 0 0 ${size}\r\n${'x'.repeat(size)}\r\n`).join(''));
      let replies = '';
      while (replies.split('\r\n').length <= BATCH) replies += String((await once(socket, 'data'))[0]);
      stored = replies.split('STORED').length - 1;
    }
  }
  socket.destroy();
}

describe.runIf(inject('runtimes').includes('memcached')).each(Object.keys(TRANSPORTS))(
  'a memcached that has no memory left (%s)',
  (transport) => {
    it('holds no session any more that was destroyed, and the client says that the mark is missing', async () => {
      await using cluster = await startLocalCluster({
        nodes: 1,
        runtime: 'memcached',
        memoryMegabytes: 4,
        memcachedPath: await memcachedThatRefuses(),
      });
      const client = createClient({ servers: cluster.nodes.map(({ id }) => id), transport: TRANSPORTS[transport]?.() });
      onTestFinished(() => client.destroy());
      const store = memcachedStore(client);
      for (const key of ['session', 'record'])
        await store.save(key, Buffer.alloc(400), { ttlSeconds: 600, expect: 'absent' });
      await fill(cluster.nodes[0]?.port ?? 0);

      await expect(store.destroy('session', 600)).resolves.toBe(true);
      await expect(store.load('session')).resolves.toBeUndefined();
      await expect(client.delete('record', { ttlSeconds: 600 })).rejects.toMatchObject({
        code: 'SESS_OUT_OF_MEMORY',
        message: expect.stringContaining('no memory left for the mark of a deletion. The record is gone') as string,
      });
      await expect(client.get('record')).resolves.toBeUndefined();
      const saves = async (): Promise<void> => {
        for (let number = 0; number < 100; number += 1)
          await store.save(`new-${number}`, Buffer.alloc(400), { ttlSeconds: 600, expect: 'absent' });
      };
      await expect(saves()).rejects.toMatchObject({
        code: 'SESS_UNAVAILABLE',
        message: 'memcached: no memory is left for this change',
      });
    });
  },
);
