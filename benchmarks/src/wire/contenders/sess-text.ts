import { createClient, type ClientOptions } from '@sess/client';
import { TTL_SECONDS, type Contender } from '../contender.ts';

/** This client with its defaults: ketama, envelope, built-in text transport. */
export async function open(servers: readonly string[], given: Partial<ClientOptions> = {}): Promise<Contender> {
  const client = createClient({ servers: [...servers], ...given });
  await client.ready();
  const options = { ttlSeconds: TTL_SECONDS };
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value, options),
    close: () => client.close(),
  };
}
