import { Redis } from 'ioredis';
import { TTL_SECONDS, type Contender } from '../../wire/contender.ts';
import { TIMEOUT_MS } from '../contender.ts';

/**
 * With a timeout as the others have one: by itself it has none, and a server that is silent is waited for without end.
 */
export async function open([server = '']: readonly string[]): Promise<Contender> {
  const [host = '', port = ''] = server.split(':');
  const client = new Redis({ host, port: Number(port), commandTimeout: TIMEOUT_MS });
  return {
    get: (key) => client.getBuffer(key),
    set: (key, value) => client.set(key, value, 'EX', TTL_SECONDS),
    close: () => client.disconnect(),
  };
}
