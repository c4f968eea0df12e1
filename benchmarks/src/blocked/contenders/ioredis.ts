import { Redis } from 'ioredis';
import { TTL_SECONDS, type Contender } from '../../wire/contender.ts';
import { TIMEOUT_MS } from '../contender.ts';

/**
 * Sets a timeout as for the other contenders: by default, ioredis waits forever for a silent server.
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
