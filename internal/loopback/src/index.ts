export { ChildProgram, type ChildProgramOptions } from './child-program.ts';
export { memcachedAt, memcachedWith, type MemcachedWith } from './memcached-with.ts';
export { NodeProcess } from './node-process.ts';
export { freePort, isListening, takenPort } from './ports.ts';
export { SELF_SIGNED } from './self-signed.ts';
export { startPostgres, type PostgresServer } from './start-postgres.ts';
export { startRedis, type RedisServer } from './start-redis.ts';
export { delayed, TcpProxy, type Passage } from './tcp-proxy.ts';
