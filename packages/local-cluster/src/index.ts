export type * from './local-cluster.ts';
