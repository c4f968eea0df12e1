import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { LocalClusterError } from '../errors.ts';
import { Connection } from '../embedded/connection.ts';
import { TextLogin } from '../embedded/text/text-login.ts';
import type { Credentials, TlsMaterial } from '../options.ts';
import type { ConfigurationListing } from './configuration-listing.ts';
import { EndpointProtocol } from './endpoint-protocol.ts';

export interface ConfigurationEndpointOptions {
  /** Called for every request. */
  readonly listing: () => ConfigurationListing;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on. Default 0: any free one. */
  readonly port?: number;
  /** Then it speaks TLS, and nothing else. Default none. */
  readonly tls?: TlsMaterial | undefined;
  /** What a client that logs in is checked against; nobody has to. Default none: a login is an `ERROR`. */
  readonly credentials?: Credentials | undefined;
}

/** A server that tells which nodes there are, as ElastiCache's configuration endpoint does. It holds no items. */
export interface ConfigurationEndpoint {
  readonly host: string;
  readonly port: number;
  /** Stops listening and breaks every connection. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Starts an endpoint that answers `config get cluster`, `get AmazonElastiCache:cluster`, `version` and `quit`, and
 * `ERROR` to the rest.
 *
 * @throws LocalClusterError `SESS_PORT_IN_USE`, `SESS_START_FAILED`
 */
export async function startConfigurationEndpoint(
  options: ConfigurationEndpointOptions,
): Promise<ConfigurationEndpoint> {
  const { host = '127.0.0.1', port = 0, tls, credentials, listing } = options;
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    socket.on('error', () => undefined);
    new Connection(socket, () => new EndpointProtocol(listing, credentials && new TextLogin(credentials))).begin();
  };
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
          : new LocalClusterError(
              'SESS_START_FAILED',
              `the configuration endpoint can't listen on ${where}: ${error.message}`,
              error,
            ),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
