import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memcachedWith } from '@sess/loopback';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { elasticache } from '../src/elasticache/elasticache.ts';
import type { Credentials } from '../src/elasticache/elasticache-options.ts';
import { use } from './use.ts';
import { RecordingListener } from './recording-listener.ts';
import { answering, configReply, ScriptedServer, type Script } from './scripted-server.ts';

const alice: Credentials = { username: 'alice', password: 'wonderland' };

function watchOf(port: number, credentials?: Credentials) {
  return use(elasticache(`127.0.0.1:${port}`, { credentials, timeoutMs: 10_000 }).watch(new RecordingListener()));
}

/** Answers the lines of a `set` as a server with these users does. */
const asking =
  (verdict: string): Script =>
  (line, socket) => {
    if (line.startsWith('set ')) return undefined;
    return line.startsWith('alice ') ? verdict : answering(configReply(1, 'a||1'))(line, socket);
  };

describe('credentials', () => {
  it('are sent first, as a value that would expire at once on a server that stores it', async () => {
    const server = use(await ScriptedServer.start(asking('STORED\r\n')));
    expect((await watchOf(server.port, alice).ready()).version).toBe(1);
    expect(server.lines).toEqual(['set auth 0 -1 16', 'alice wonderland', 'config get cluster']);
  });

  it.each(['CLIENT_ERROR authentication failure\r\n', 'ERROR\r\n'])(
    'that are refused are an error which does not tell them: %j',
    async (verdict) => {
      const server = use(await ScriptedServer.start(asking(verdict)));
      const error: unknown = await watchOf(server.port, alice)
        .ready()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'SESS_DISCOVERY_AUTH', retryable: false });
      expect(String(error)).not.toContain('wonderland');
      expect(server.lines).not.toContain('config get cluster');
    },
  );

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n', 'SESS_DISCOVERY_MALFORMED', 'Is it one?'],
    ['x'.repeat(300), 'SESS_DISCOVERY_MALFORMED', 'Is it one?'],
    ['ERROR Too many open connections\r\n', 'SESS_DISCOVERY_UNREACHABLE', 'takes no more connections'],
    ['SERVER_ERROR Connection refused\r\n', 'SESS_DISCOVERY_SERVER', 'Connection refused'],
  ])('are not blamed for a server that answers them with %j', async (verdict, code, text) => {
    const server = use(await ScriptedServer.start(asking(verdict)));
    const error: unknown = await watchOf(server.port, alice)
      .ready()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable: true, message: expect.stringContaining(text) as string });
    expect(String(error)).not.toContain('wonderland');
    expect(server.lines).not.toContain('config get cluster');
  });

  it('that are refused and have a password with a space can not be right', async () => {
    const server = use(await ScriptedServer.start(asking('CLIENT_ERROR authentication failure\r\n')));
    const watch = watchOf(server.port, { username: 'alice', password: 'wonder land' });
    await expect(watch.ready()).rejects.toThrow(/can carry no password with a space/);
  });

  it('that are missing are an error which says so', async () => {
    const server = use(await ScriptedServer.start(() => 'CLIENT_ERROR unauthenticated\r\n'));
    await expect(watchOf(server.port).ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_AUTH',
      message: expect.stringContaining('Set the option "credentials"') as string,
    });
  });
});

describe.skipIf(!inject('runtimes').includes('memcached'))('a real memcached', () => {
  it('without users is the only node, and stores no credentials that are sent to it', async () => {
    await using memcached = await memcachedWith();
    const watch = watchOf(memcached.port, alice);
    expect((await watch.ready()).nodes).toEqual([
      { id: `127.0.0.1:${memcached.port}`, host: '127.0.0.1', port: memcached.port },
    ]);
    expect(await ask(memcached.port, 'get auth\r\n')).toBe('END\r\n');
  });

  it('with users lets the right ones in, and nobody else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-discovery-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const users = join(folder, 'users');
    await writeFile(users, 'alice:wonderland\n');
    // memcached reads the file after it has switched its user.
    await chmod(folder, 0o755);
    await using memcached = await memcachedWith('-Y', users);
    expect((await watchOf(memcached.port, alice).ready()).nodes).toHaveLength(1);
    for (const credentials of [undefined, { username: 'alice', password: 'guess' }]) {
      await expect(watchOf(memcached.port, credentials).ready()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_AUTH' });
    }
  });

  it('leads nobody elsewhere, whatever its clients write', async () => {
    await using memcached = await memcachedWith();
    const elsewhere = use(await ScriptedServer.start(() => 'ERROR\r\n'));
    const watch = watchOf(memcached.port, alice);
    const { nodes } = await watch.ready();
    const payload = `7\nelsewhere.example|127.0.0.1|${elsewhere.port}\n`;
    expect(await ask(memcached.port, `set AmazonElastiCache:cluster 0 0 ${payload.length}\r\n${payload}\r\n`)).toBe(
      'STORED\r\n',
    );
    await watch.refresh();
    expect((await watch.ready()).nodes).toEqual(nodes);
    expect((await watchOf(memcached.port, alice).ready()).nodes).toEqual(nodes);
    expect(elsewhere.connections).toBe(0);
  });
});

/** The first piece of what the server at `port` answers. */
async function ask(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const [answer]: unknown[] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}
