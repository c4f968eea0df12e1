import connectMemcached from 'connect-memcached';
import expressSession from 'express-session';
import { TTL_SECONDS } from './cart.ts';

/** The usual store of express-session on memcached; `@fastify/session` accepts it as well. */
export function connectMemcachedStore(memcached: string): expressSession.Store {
  const MemcachedStore = connectMemcached(expressSession);
  return new MemcachedStore({ hosts: [memcached], prefix: 'connect/', ttl: TTL_SECONDS });
}
