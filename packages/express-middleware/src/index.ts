import './augmentation.ts';

export { sessions, type ExpressSessionsOptions, type SessionsMiddleware } from './middleware.ts';
export { memcachedStore, memoryStore, SessionError } from '@sess/session';
export type * from '@sess/session';
