export { createSessions } from './create-sessions.ts';
export type { CompressOptions } from './content/compression.ts';
export type { EncryptOptions } from './content/encryption.ts';
export type { SessionCodec } from './content/codec.ts';
export type {
  BackingEvent,
  ConflictEvent,
  DestroyEvent,
  LoadEvent,
  MissEvent,
  NewIdEvent,
  SaveEvent,
} from './diagnostics.ts';
export type { SessionOperation, SessionOperationContext, SessionResult } from './tracing.ts';
export { SessionError, type SessionErrorCode } from './errors.ts';
export type { CommitReason } from './lifecycle/commit-decision.ts';
export type { ConflictPolicy, DataConflict } from './lifecycle/merge-data.ts';
export type { LogEntry, SessionsLog } from './lifecycle/outage-log.ts';
export type { CookieOptions, SecureMode, SessionsOptions, UnavailablePolicy } from './options/options.ts';
export type * from './session.ts';
export { backedStore, type BackedStoreOptions } from './stores/backed/backed-store.ts';
export type { BackingLimits, WritePolicy } from './stores/backed/backing-options.ts';
export type * from './stores/backed/backing.ts';
export { memoryBacking, type MemoryBacking, type MemoryBackingOptions } from './stores/backed/memory-backing.ts';
export { memcachedStore, type Client, type ClientOptions } from './stores/memcached-store.ts';
export { memoryStore, type MemoryStoreOptions } from './stores/memory-store.ts';
export type * from './stores/session-store.ts';

// For adapters, and for stores of other session libraries.
export { cookieSigner, type CookieSigner } from './cookie/cookie-signature.ts';
export { claimCookieNames } from './response/claim-cookie-names.ts';
export { newSessionId, storageKey } from './cookie/session-id.ts';
export { giveToApplication } from './for-applications.ts';
export { LateUse } from './response/late-use.ts';
export { LostCookie, type WatchedResponse } from './response/lost-cookie.ts';
export { mergeData } from './lifecycle/merge-data.ts';
export { completeHead, isCacheable, type ResponseHeaders } from './response/response-head.ts';
export { serverHeaders } from './response/server-headers.ts';
export { CONFLICT, retryConflicts } from './lifecycle/retry-conflicts.ts';
export { clusterOptions, openCluster, type Cluster, type ClusterOptions } from './options/cluster-options.ts';
export { sessionsOptions } from './options/resolve-options.ts';
export { MAX_TTL_SECONDS } from './stores/session-store.ts';
