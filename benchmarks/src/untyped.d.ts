declare module 'connect-memcached' {
  import type expressSession from 'express-session';

  type MemcachedStoreClass = new (options: { hosts: string[]; prefix?: string; ttl?: number }) => expressSession.Store;
  export default function connectMemcached(session: typeof expressSession): MemcachedStoreClass;
}
