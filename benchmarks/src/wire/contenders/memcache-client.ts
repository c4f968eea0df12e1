import { MemcacheClient } from 'memcache-client';
import { TTL_SECONDS, type Contender } from '../contender.ts';

/** It treats several servers as copies and does not shard, so it runs with one node only. */
export async function open(servers: readonly string[]): Promise<Contender> {
  const [server] = servers;
  if (server === undefined || servers.length > 1) throw new Error('memcache-client does not shard: give it one server');
  const client = new MemcacheClient({ server: { server } });
  const options = { lifetime: TTL_SECONDS };
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value, options),
    close: () => client.shutdown(),
  };
}
