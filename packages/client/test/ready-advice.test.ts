/** What `ready()` advises when no node answers: it fits what was seen of the nodes. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { startLocalCluster } from '@sess/local-cluster';
import { freePort } from '@sess/loopback';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../src/client.ts';
import type { ClientOptions } from '../src/options.ts';

const LISTENS = 'Check that memcached runs there, and listens on that address and port.';
const ANY_ADVICE = /Check (?:that memcached runs|the address|that the name)/;

/** A server that does only this with each connection. */
async function serve(greet: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    greet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failureOfReady(options: ClientOptions): Promise<Error & { code?: string }> {
  await using client = createClient({ connectTimeoutMs: 200, timeoutMs: 150, readyTimeoutMs: 1_000, ...options });
  return (await client.ready().catch((error: unknown) => error)) as Error;
}

it('is to start memcached where nothing listens, and to check a name that nobody knows', async () => {
  const nothing = `127.0.0.1:${await freePort()}`;
  expect((await failureOfReady({ servers: [nothing] })).message).toContain(LISTENS);
  expect((await failureOfReady({ servers: 'memcached:///nowhere/memcached.sock' })).message).toContain(LISTENS);
  const unnamed = await failureOfReady({ servers: ['memcached.invalid:11211'], connectTimeoutMs: 1_000 });
  expect(unnamed.message).toMatch(/Check that the name is right|check that the DNS servers of this machine answer/);
});

it.each<[string, (socket: Socket) => void, ClientOptions, RegExp]>([
  ['is silent', () => undefined, {}, /accepted the connection.*expects TLS/],
  ['is silent in the TLS handshake', () => undefined, { tls: true }, /did not finish the TLS handshake/],
  ['stops within the greeting', (socket) => void socket.write('MN'), {}, /did not complete the greeting.*or is not a/],
  ['hangs up', (socket) => void socket.end(), {}, /ended the connection.*reaches nothing behind it/],
  ['is no memcached', (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'), {}, /does not greet like a memcached/],
  [
    'is no memcached, with credentials',
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    { credentials: { username: 'user', password: 'password' } },
    /does not greet like a memcached/,
  ],
])('is not to check the address of a server that %s', async (_, greet, options, expected) => {
  const error = await failureOfReady({ servers: [await serve(greet)], ...options });
  expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE', message: expect.stringMatching(expected) as string });
  expect(error.message).not.toMatch(ANY_ADVICE);
});

it('is for each kind of failure, once', async () => {
  const nothing = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
  const silent = await serve(() => undefined);
  const { message } = await failureOfReady({ servers: [...nothing, silent] });
  expect(message.split(LISTENS).length).toBe(2);
  expect(message).toContain('accepted the connection');
});

it('names what the credentials lack, once', async () => {
  const credentials = { username: 'user', password: 'password' };
  await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded', credentials });
  const servers = cluster.nodes.map(({ id }) => id);
  const missing = await failureOfReady({ servers });
  expect(missing).toMatchObject({
    code: 'SESS_AUTH',
    message: expect.stringMatching(/asks for credentials; give `credentials`\.$/) as string,
  });
  const wrong = await failureOfReady({ servers, credentials: { ...credentials, password: 'another' } });
  expect(wrong.message).toMatch(/^No node lets this client in: .* Check the user and the password\.$/);
  const spaced = await failureOfReady({ servers, credentials: { ...credentials, password: 'pass word' } });
  expect(spaced.message).toMatch(/with a space: choose others\.$/);
});
