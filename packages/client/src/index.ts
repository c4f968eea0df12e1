export type * from './client.ts';
export { SessClientError, type SessClientErrorCode } from './errors.ts';
export type * from './transport/transport.ts';
