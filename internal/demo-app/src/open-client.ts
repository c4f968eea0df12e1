import { createClient, type Client } from '@sess/client';
import { memjsTransport } from '@sess/memjs-transport';
import type { Environment } from './environment.ts';

/**
 * The memcached client that the environment asks for. The caller closes it.
 *
 * @throws {SessClientError} `SESS_BAD_OPTION` when `servers` is not a URL of a cluster, or the client can't keep so many copies.
 */
export function openClient({ servers, copies, transport }: Pick<Environment, 'servers' | 'copies' | 'transport'>): Client {
  return createClient({
    servers,
    copies,
    transport: transport === 'memjs' ? memjsTransport() : undefined,
  });
}
