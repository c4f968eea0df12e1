import { createClient, type Client } from '@sess/client';
import type { Environment } from './environment.ts';

/**
 * The memcached client that the environment asks for. The caller closes it.
 *
 * @throws {SessClientError} (as a rejection) `SESS_BAD_OPTION` when `servers` is not a URL of a cluster, or the client can't keep so many copies.
 */
export async function openClient({ servers, copies, transport }: Pick<Environment, 'servers' | 'copies' | 'transport'>): Promise<Client> {
  return createClient({
    servers,
    copies,
    transport: transport === 'memjs' ? (await import('@sess/memjs-transport')).memjsTransport() : undefined,
  });
}
