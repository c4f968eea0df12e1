import connectMemcached from 'connect-memcached';
import expressSession from 'express-session';
import { TTL_SECONDS } from './cart.ts';

/** The store that people use with express-session on memcached; `@fastify/session` takes the same. */
export function connectMemcachedStore(memcached: string): expressSession.Store {
  const MemcachedStore = connectMemcached(expressSession);
  return new MemcachedStore({ hosts: [memcached], prefix: 'connect/', ttl: TTL_SECONDS });
}
