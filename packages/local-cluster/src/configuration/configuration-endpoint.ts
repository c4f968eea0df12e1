import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { LocalClusterError } from '../errors.ts';
import type { TlsMaterial } from '../options.ts';
import { VERSION } from '../version.ts';
import { CLUSTER_KEY, encodeConfigReply, encodeValueReply, type ConfigurationListing } from './configuration-listing.ts';

export interface ConfigurationEndpointOptions {
  /** Called for every request. */
  readonly listing: () => ConfigurationListing;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on. Default 0: any free one. */
  readonly port?: number;
  readonly tls?: TlsMaterial | undefined;
}

/** A server that tells which nodes there are, as ElastiCache's configuration endpoint does. It holds no items. */
export interface ConfigurationEndpoint {
  readonly host: string;
  readonly port: number;
  /** Stops listening and breaks every connection. Twice does no harm. */
  close(): Promise<void>;
}

/** No request that it knows is longer. */
const LONGEST_LINE = 2_048;
const MAX_UNWRITTEN = 1_048_576;

/**
 * Starts an endpoint that answers `config get cluster`, `get AmazonElastiCache:cluster`, `version` and `quit`, and `ERROR` to the rest.
 *
 * @throws LocalClusterError `SESS_PORT_IN_USE`, `SESS_START_FAILED`
 */
export async function startConfigurationEndpoint(options: ConfigurationEndpointOptions): Promise<ConfigurationEndpoint> {
  const { host = '127.0.0.1', port = 0, tls, listing } = options;
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => serveLines(socket, listing);
  const server: Server = tls ? createTlsServer({ key: tls.key, cert: tls.cert }, serve) : createServer(serve);
  // Raw connections, so that one in the middle of its TLS handshake is closed too.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await listen(server, host, port);
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serveLines(socket: Socket, listing: () => ConfigurationListing): void {
  let pending = '';
  socket.setEncoding('latin1');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) serveLine(socket, line, listing);
    // Neither a line without end nor a client that does not read its replies may fill the memory.
    if (pending.length > LONGEST_LINE || socket.writableLength > MAX_UNWRITTEN) socket.destroy();
  });
}

function serveLine(socket: Socket, line: string, listing: () => ConfigurationListing): void {
  if (socket.writableEnded) return;
  const words = line.trim().split(/ +/);
  if (words[0] === 'quit') socket.end();
  else socket.write(answer(words, listing));
}

function answer(words: readonly string[], listing: () => ConfigurationListing): string {
  const request = words.join(' ');
  if (request === 'config get cluster') return encodeConfigReply(listing());
  if (request === `get ${CLUSTER_KEY}` || request === `gets ${CLUSTER_KEY}`) return encodeValueReply(listing());
  if (request === 'version') return `VERSION ${VERSION}\r\n`;
  return 'ERROR\r\n';
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const where = `${host}:${port}`;
      reject(
        error.code === 'EADDRINUSE'
          ? new LocalClusterError(
              'SESS_PORT_IN_USE',
              `the configuration endpoint can't listen on ${where}: the port is in use; choose another or leave it out`,
              error,
            )
          : new LocalClusterError('SESS_START_FAILED', `the configuration endpoint can't listen on ${where}: ${error.message}`, error),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
