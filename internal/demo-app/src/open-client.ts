import { createClient, deriveHistorySecret, type Client } from '@sess/client';
import type { Environment } from './environment.ts';

/**
 * The memcached client that the environment asks for. The caller closes it.
 *
 * @throws {SessClientError} (as a rejection) `SESS_BAD_OPTION` when `servers` is not a URL of a cluster, or the client
 *   can't keep so many copies.
 */
export async function openClient({
  servers,
  copies,
  transport,
  secret,
}: Pick<Environment, 'servers' | 'copies' | 'transport' | 'secret'>): Promise<Client> {
  return createClient({
    servers,
    // What the URL says holds where the environment says nothing else.
    ...((copies > 1 || !says(servers, 'copies')) && { copies }),
    ...(!says(servers, 'historySecret') && { historySecret: deriveHistorySecret(secret) }),
    transport: transport === 'memjs' ? (await import('@sess/memjs-transport')).memjsTransport() : undefined,
  });
}

function says(servers: string, parameter: string): boolean {
  return new RegExp(`[?&]${parameter}=`).test(servers);
}
