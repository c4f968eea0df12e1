export type * from './client.ts';
export { SessClientError, type SessClientErrorCode } from './errors.ts';
export type * from './transport/transport.ts';
export { MAX_RELATIVE_EXPTIME_SECONDS, toExptime } from './transport/exptime.ts';
export { checkKey, isValidKey, MAX_KEY_BYTES } from './transport/key-check.ts';
