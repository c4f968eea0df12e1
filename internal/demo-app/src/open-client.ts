import { createClient, deriveHistorySecret, type Client } from '@sess/client';
import type { Environment } from './environment.ts';

/**
 * Creates the memcached client for the environment. The caller closes it.
 *
 * @throws {SessClientError} (as a rejection) `SESS_BAD_OPTION` if `servers` is no URL of a cluster, or the client does
 *   not support that many copies.
 */
export async function openClient({
  servers,
  copies,
  transport,
  secret,
}: Pick<Environment, 'servers' | 'copies' | 'transport' | 'secret'>): Promise<Client> {
  return createClient({
    servers,
    // Parameters of the URL apply unless the environment overrides them.
    ...((copies > 1 || !says(servers, 'copies')) && { copies }),
    ...(!says(servers, 'historySecret') && { historySecret: deriveHistorySecret(secret) }),
    transport: transport === 'memjs' ? (await import('@sess/memjs-transport')).memjsTransport() : undefined,
  });
}

function says(servers: string, parameter: string): boolean {
  return new RegExp(`[?&]${parameter}=`).test(servers);
}
