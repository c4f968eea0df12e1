import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, inject, it } from 'vitest';

import { createClient } from '../src/client.ts';

const PROGRAM = 'memcached';

describe.runIf(inject('runtimes').includes('memcached'))('memcached on a Unix socket', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  it('is spoken to by its path', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess client '));
    ends.push(() => rm(directory, { recursive: true }));
    const path = join(directory, 'cache.sock');
    const server = spawn(PROGRAM, ['-s', path, '-m', '16', ...(process.getuid?.() === 0 ? ['-u', 'root'] : [])]);
    const exited = once(server, 'exit');
    ends.push(() => {
      server.kill();
      return exited;
    });

    const client = createClient(`memcached://${encodeURI(path)}?maxProbePauseMs=20&readyTimeoutMs=10000`);
    ends.push(() => client.close());
    await client.ready();
    await client.set('key', 'value', { ttlSeconds: 60 });
    expect((await client.get('key'))?.value.toString()).toBe('value');
    expect(client.explain('key').owners).toEqual([path]);
    expect(client.topology.states).toEqual(new Map([[path, 'up']]));
  });
});
