import './augmentation.ts';

export type { KoaApplication } from './context-session.ts';
export { sessions, type KoaSessionsOptions, type SessionsMiddleware } from './middleware.ts';
export { memcachedStore, memoryStore, SessionError } from '@sess/session';
export type * from '@sess/session';
