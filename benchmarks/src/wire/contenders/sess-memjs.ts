import { createClient } from '@sess/client';
import { memjsTransport } from '@sess/memjs-transport';
import { TTL_SECONDS, type Contender } from '../contender.ts';

/** This client over the memjs transport. */
export async function open(servers: readonly string[]): Promise<Contender> {
  const client = createClient({ servers: [...servers], transport: memjsTransport() });
  await client.ready();
  const options = { ttlSeconds: TTL_SECONDS };
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value, options),
    close: () => client.close(),
  };
}
