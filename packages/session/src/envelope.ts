/**
 * What is stored for a session, before the client adds its own envelope:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | format: 1 |
 * | 1 | encoding of the data: 0 is JSON. Others are for compression, encryption and codecs |
 * | 2..7 | when the session began, in milliseconds since 1970 |
 * | 8..13 | when its present id was made |
 * | 14..19 | when it ends, whatever its use |
 * | 20.. | the data |
 *
 * The idle timeout is the record's time to live in the store, so that a touch need not rewrite it.
 */
import { SessionError } from './errors.ts';

/** When a session began, got its id and ends: milliseconds since 1970. */
export interface Lifetime {
  readonly createdAt: number;
  readonly idCreatedAt: number;
  readonly endsAt: number;
}

/** An envelope, opened. */
export interface Envelope {
  readonly lifetime: Lifetime;
  /** The data as JSON text. */
  readonly text: string;
}

const FORMAT = 1;
const JSON_ENCODING = 0;
const HEADER_BYTES = 20;
const TIME_BYTES = 6;

/** The bytes to store. */
export function sealEnvelope(lifetime: Lifetime, text: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text));
  bytes[0] = FORMAT;
  bytes[1] = JSON_ENCODING;
  bytes.writeUIntBE(lifetime.createdAt, 2, TIME_BYTES);
  bytes.writeUIntBE(lifetime.idCreatedAt, 8, TIME_BYTES);
  bytes.writeUIntBE(lifetime.endsAt, 14, TIME_BYTES);
  bytes.write(text, HEADER_BYTES);
  return bytes;
}

/**
 * Opens stored bytes.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` when they are not an envelope of this format.
 */
export function openEnvelope(value: Uint8Array): Envelope {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < HEADER_BYTES) {
    throw new SessionError('SESS_UNDECODABLE', `the stored session has ${bytes.length} bytes; its header alone takes ${HEADER_BYTES}`);
  }
  if (bytes[0] !== FORMAT || bytes[1] !== JSON_ENCODING) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `the stored session has format ${bytes[0]} and encoding ${bytes[1]}; this version reads format ${FORMAT} and encoding ${JSON_ENCODING}`,
    );
  }
  return {
    lifetime: {
      createdAt: bytes.readUIntBE(2, TIME_BYTES),
      idCreatedAt: bytes.readUIntBE(8, TIME_BYTES),
      endsAt: bytes.readUIntBE(14, TIME_BYTES),
    },
    text: bytes.toString('utf8', HEADER_BYTES),
  };
}
