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
  /** Makes the endpoint use only TLS. Default: none, plain TCP. */
  readonly tls?: TlsMaterial | undefined;
  /** Credentials for clients that log in; a login is optional. Default: none, so a login returns `ERROR`. */
  readonly credentials?: Credentials | undefined;
}

/** A server that lists the nodes, like ElastiCache's configuration endpoint. It stores no items. */
export interface ConfigurationEndpoint {
  readonly host: string;
  readonly port: number;
  /** Stops listening and closes every connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an endpoint for `config get cluster`, `get AmazonElastiCache:cluster`, `version` and `quit`; it answers
 * anything else with `ERROR`.
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
  // Tracks raw connections, so that `close` also ends one during its TLS handshake.
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
