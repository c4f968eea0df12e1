import type { SessionData } from './session.ts';

/**
 * How session data becomes bytes and back, where JSON will not do: `v8.serialize`, MessagePack, a schema of your own.
 *
 * Equal data must encode as equal bytes: that is how a change is found. Both functions are synchronous. What `encode` throws becomes
 * `SESS_BAD_DATA`; where `decode` throws, or gives anything but a plain object, the session counts as a miss.
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
