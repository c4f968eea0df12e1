import { EventEmitter, once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { SELF_SIGNED } from '@sess/loopback';
import { expect, it, onTestFinished } from 'vitest';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport, TransportOptions } from '../src/transport/transport.ts';
import { OPTIONS } from './text-scripted-server.ts';

interface TlsNode {
  readonly port: number;
  /** Whether each connection so far continued an earlier TLS session, and the name it asked for. */
  readonly connections: { readonly resumed: boolean; readonly name: string | false }[];
  drop(): void;
}

/** Answers every meta get with a miss, and everything else as memcached greets. */
async function startTlsNode(): Promise<TlsNode> {
  const sockets = new Set<TLSSocket>();
  const connections: TlsNode['connections'] = [];
  const server = createServer(SELF_SIGNED, (socket) => {
    sockets.add(socket);
    connections.push({
      resumed: socket.isSessionReused(),
      name: (socket as { servername?: string | false }).servername ?? false,
    });
    socket.on('error', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString('latin1').split('\r\n').slice(0, -1)) {
        if (line === 'mn') socket.write('MN\r\n');
        else if (line === 'version') socket.write('VERSION 1.6.18\r\n');
        else if (line.startsWith('mg')) socket.write('EN\r\n');
        else socket.write('HD\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    drop: () => {
      for (const socket of sockets) socket.end();
      sockets.clear();
    },
  };
}

interface Opened {
  readonly transport: NodeTransport;
  /** Calls back when the connection is lost. */
  readonly losses: EventEmitter;
}

function open(port: number, tls: TransportOptions['tls'], host: string = 'localhost'): Opened {
  const losses = new EventEmitter();
  const node = { id: `${host}:${port}`, host, port, address: '127.0.0.1' };
  const transport = textTransport().open(
    node,
    { ...OPTIONS, tls },
    { connected() {}, disconnected: () => losses.emit('loss') },
  );
  onTestFinished(() => transport.destroy());
  return { transport, losses };
}

it('checks the certificate against the host name, and asks for that name, whatever the address', async () => {
  const node = await startTlsNode();
  const { transport } = open(node.port, { ca: SELF_SIGNED.cert });
  expect(await transport.get('key')).toBeUndefined();
  expect(node.connections).toEqual([{ resumed: false, name: 'localhost' }]);

  const other = open(node.port, { ca: SELF_SIGNED.cert }, 'elsewhere.test');
  await expect(other.transport.get('key')).rejects.toMatchObject({
    code: 'SESS_CONNECTION',
    message: expect.stringContaining('elsewhere.test'),
  });
});

it('asks for no name when the host is an address, and checks it as an address', async () => {
  const node = await startTlsNode();
  const { transport } = open(node.port, { ca: SELF_SIGNED.cert }, '127.0.0.1');
  expect(await transport.get('key')).toBeUndefined();
  expect(node.connections).toEqual([{ resumed: false, name: false }]);
  const other = open(node.port, { ca: SELF_SIGNED.cert }, '127.0.0.2');
  await expect(other.transport.get('key')).rejects.toMatchObject({
    code: 'SESS_CONNECTION',
    message: expect.stringContaining('127.0.0.2'),
  });
});

it('checks against another name, or in another way, when told to', async () => {
  const node = await startTlsNode();
  const renamed = open(node.port, { ca: SELF_SIGNED.cert, servername: 'localhost' }, 'elsewhere.test');
  expect(await renamed.transport.get('key')).toBeUndefined();
  const names: string[] = [];
  const trusting = open(
    node.port,
    { ca: SELF_SIGNED.cert, checkServerIdentity: (name) => void names.push(name) },
    'elsewhere.test',
  );
  expect(await trusting.transport.get('key')).toBeUndefined();
  expect(names).toEqual(['elsewhere.test']);
});

it('continues its session when it connects again', async () => {
  const node = await startTlsNode();
  const { transport, losses } = open(node.port, { ca: SELF_SIGNED.cert });
  await transport.get('key');
  const loss = once(losses, 'loss');
  node.drop();
  await loss;
  await transport.get('key');
  expect(node.connections.map(({ resumed }) => resumed)).toEqual([false, true]);
});

it('carries values larger than a TLS record, both ways', async () => {
  const node = await startTlsNode();
  const { transport } = open(node.port, { ca: SELF_SIGNED.cert });
  const stored = await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      transport.store('set', `key-${index}`, Buffer.alloc(300_000, 'v'), { ttlSeconds: 1, flags: 0 }),
    ),
  );
  expect(stored).toEqual(['stored', 'stored', 'stored', 'stored']);
});

it('does not wait for a node that takes the connection and never speaks TLS', async () => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const node = textTransport().open(
    { id: 'n:1', host: 'localhost', port: (server.address() as AddressInfo).port, address: '127.0.0.1' },
    { ...OPTIONS, tls: {}, connectTimeoutMs: 50 },
    { connected() {}, disconnected() {} },
  );
  await expect(node.get('key')).rejects.toMatchObject({
    code: 'SESS_TIMEOUT',
    message: expect.stringMatching(
      /did not finish the TLS handshake within 50 ms \(connectTimeoutMs\): .* does not speak TLS/,
    ),
  });
  await node.close();
});

it('names the signal among the options of TLS when it has fired', async () => {
  const node = await startTlsNode();
  const controller = new AbortController();
  const tls = { ca: SELF_SIGNED.cert, signal: controller.signal };
  const { transport, losses } = open(node.port, tls);
  await transport.get('key');
  const loss = once(losses, 'loss');
  controller.abort();
  await loss;
  await expect(transport.get('key')).rejects.toMatchObject({
    code: 'SESS_CONNECTION',
    message: expect.stringMatching(/failed: the signal in the option tls has fired/),
  });
});
