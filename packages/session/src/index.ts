export { createSessions } from './create-sessions.ts';
export type { CommitReason } from './commit-decision.ts';
export type { ConflictEvent, DestroyEvent, LoadEvent, NewIdEvent, SaveEvent } from './diagnostics.ts';
export { SessionError, type SessionErrorCode } from './errors.ts';
export { memcachedStore, type Client } from './memcached-store.ts';
export { memoryStore, type MemoryStoreOptions } from './memory-store.ts';
export type { CookieOptions, SecureMode, SessionsOptions, UnavailablePolicy } from './options.ts';
export type * from './session-store.ts';
export type * from './session.ts';
