import { Memcache } from 'memcache';
import { TTL_SECONDS, type Contender } from '../contender.ts';

/** It stores strings only, so the bytes go in and come out as such. */
export async function open(servers: readonly string[]): Promise<Contender> {
  const client = new Memcache({ nodes: [...servers] });
  await client.connect();
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value.toString('latin1'), TTL_SECONDS),
    close: () => client.disconnect(),
  };
}
