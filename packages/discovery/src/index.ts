export type * from './topology.ts';
