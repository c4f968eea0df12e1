import './augmentation.ts';

export { sessions, sessions as default, type FastifyApplication, type FastifySessionsOptions } from './plugin.ts';
export { memcachedStore, memoryStore, SessionError } from '@sess/session';
export type * from '@sess/session';
