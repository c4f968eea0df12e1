import Memcached from 'memcached';
import { TTL_SECONDS, type Contender } from '../contender.ts';

export async function open(servers: readonly string[]): Promise<Contender> {
  const client = new Memcached([...servers]);
  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        client.get(key, (error, value) => (error ? reject(error) : resolve(value)));
      }),
    set: (key, value) =>
      new Promise((resolve, reject) => {
        client.set(key, value, TTL_SECONDS, (error, stored) => (error ? reject(error) : resolve(stored)));
      }),
    close: () => client.end(),
  };
}
