export type * from './distribution.ts';
