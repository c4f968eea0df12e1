import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { createClient } from '@sess/client';
import { freePort } from '@sess/loopback';
import { describe, expect, inject, it } from 'vitest';
import { memjsTransport } from '../src/index.ts';

async function memcachedOf(protocol: 'ascii' | 'binary'): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort();
  const user = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
  const program = spawn('memcached', ['-p', String(port), '-l', '127.0.0.1', '-U', '0', ...user, '-B', protocol], {
    stdio: 'ignore',
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      const ended = once(program, 'exit');
      program.kill('SIGKILL');
      await ended;
    },
  };
}

describe.runIf(inject('runtimes').includes('memcached'))('memcached with one protocol only', () => {
  it('serves memjs with the binary one (-B binary)', async () => {
    await using memcached = await memcachedOf('binary');
    await using client = createClient({ servers: [`127.0.0.1:${memcached.port}`], transport: memjsTransport() });
    const stored = (): Promise<string> => client.set('key', 'value', { ttlSeconds: 60 }).then(() => 'stored', String);
    await expect.poll(stored).toBe('stored');
    expect((await client.get('key'))?.value.toString()).toBe('value');
  });

  it.each([undefined, { username: 'a user', password: 'a password' }])(
    'is named, with the remedy, with the text one (-B ascii, credentials %o)',
    async (credentials) => {
      await using memcached = await memcachedOf('ascii');
      await using client = createClient({
        servers: [`127.0.0.1:${memcached.port}`],
        transport: memjsTransport(),
        ...(credentials && { credentials }),
      });
      const told = (): Promise<unknown> => client.get('key').catch((error: Error) => error.message);
      await expect.poll(told).toMatch(/use the text transport for it/);
    },
  );
});
