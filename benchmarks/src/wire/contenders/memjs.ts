import memjs from 'memjs';
import { TTL_SECONDS, type Contender } from '../contender.ts';

export async function open(servers: readonly string[]): Promise<Contender> {
  const client = memjs.Client.create(servers.join(','));
  const options = { expires: TTL_SECONDS };
  return {
    get: async (key) => (await client.get(key)).value,
    set: (key, value) => client.set(key, value, options),
    close: () => client.close(),
  };
}
