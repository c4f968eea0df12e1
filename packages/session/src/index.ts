export type * from './session-store.ts';
