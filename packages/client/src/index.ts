export type * from './transport/transport.ts';
