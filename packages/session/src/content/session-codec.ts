import type { SessionData } from '../session.ts';

/**
 * How session data becomes bytes and back, where JSON will not do: `v8.serialize`, MessagePack, a schema of your own.
 *
 * Equal data should encode as equal bytes, because that is how a change is found; what differs is saved. Both functions are synchronous. What `encode`
 * throws becomes `SESS_BAD_DATA`; where `decode` throws, or gives anything but a plain object, the session counts as a miss.
 */
export interface SessionCodec {
  /**
   * Stored with each session, so that sessions of another codec are told apart: up to 32 characters of printable ASCII. Give every format that `decode`
   * can't tell apart by itself another name. Default: none.
   */
  readonly name?: string | undefined;
  encode(data: SessionData): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}
