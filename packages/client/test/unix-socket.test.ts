import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';

const PROGRAM = 'memcached';

describe.runIf(inject('runtimes').includes('memcached'))('memcached on a Unix socket', () => {
  it('is spoken to by its path', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess client '));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'cache.sock');
    const server = spawn(PROGRAM, ['-s', path, '-m', '16', ...(process.getuid?.() === 0 ? ['-u', 'root'] : [])]);
    const exited = once(server, 'exit');
    onTestFinished(async () => {
      server.kill();
      await exited;
    });

    await using client = createClient(`memcached://${encodeURI(path)}?maxProbePauseMs=20&readyTimeoutMs=10000`);
    await client.ready();
    await client.set('key', 'value', { ttlSeconds: 60 });
    expect((await client.get('key'))?.value.toString()).toBe('value');
    expect(client.explain('key').owners).toEqual([path]);
    expect(client.topology.states).toEqual(new Map([[path, 'up']]));
  });
});
