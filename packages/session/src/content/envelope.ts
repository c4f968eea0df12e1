/**
 * The stored form of a session, before the client adds its own envelope:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | format: 1 |
 * | 1 | how the data is encoded: {@link Encoding}; 0 is plain JSON |
 * | 2..7 | when the session began, in milliseconds since 1970 |
 * | 8..13 | when its present id was created |
 * | 14..19 | when it ends at the latest: the absolute timeout |
 * | 20.. | the data; with {@link Encoding.ownLifetime} after five more bytes: the session's own idle timeout in seconds, and 1 if the browser keeps its cookie over a restart |
 *
 * The idle timeout is the record's time to live in the store, so a touch does not rewrite it.
 */
import { SessionError } from '../errors.ts';

/** When a session began, got its id and ends at the latest: milliseconds since 1970. */
export interface Lifetime {
  readonly createdAt: number;
  readonly idCreatedAt: number;
  readonly endsAt: number;
  /** The session's own timeout and cookie, if they differ from the options. */
  readonly own?: OwnLifetime;
}

/** A session's own idle timeout, and whether the browser keeps its cookie across restarts. */
export interface OwnLifetime {
  readonly ttlSeconds: number;
  readonly persistent: boolean;
}

/** An opened envelope. */
export interface Envelope {
  readonly lifetime: Lifetime;
  /** Bits of {@link Encoding}. */
  readonly encoding: number;
  /** All stored bytes. The data begins at `start`, encoded as `encoding` says. */
  readonly bytes: Buffer;
  readonly start: number;
}

/** Bits of the encoding byte, in the order in which they are applied. No bit: JSON. */
export const Encoding = {
  /** A codec's bytes instead of JSON, after the length of the codec's name (one byte) and its name. */
  codec: 0x01,
  /** Compressed with deflate, without zlib's header. */
  deflate: 0x02,
  /** Compressed with brotli. */
  brotli: 0x04,
  /** Encrypted: see `encryption.ts`. */
  encrypted: 0x08,
  /** The header has the session's own lifetime. */
  ownLifetime: 0x10,
} as const;

const KNOWN = Object.values(Encoding).reduce((bits, bit) => bits | bit, 0);

const FORMAT = 1;

/** Length of a header without a lifetime of its own. */
export const HEADER_BYTES = 20;
const OWN_BYTES = 5;

const TIME_BYTES = 6;

/** The bytes to store for data that is neither compressed nor encrypted. */
export function sealEnvelope(
  lifetime: Lifetime,
  body: string,
  encoding = 0,
  charset: 'utf8' | 'latin1' = 'utf8',
): Buffer {
  const start = headerBytes(lifetime);
  const bytes = Buffer.allocUnsafe(start + Buffer.byteLength(body, charset));
  writeHeader(bytes, lifetime, encoding);
  bytes.write(body, start, charset);
  return bytes;
}

/** The header alone, for compressed or encrypted data. */
export function sealedHeader(lifetime: Lifetime, encoding: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes(lifetime));
  writeHeader(bytes, lifetime, encoding);
  return bytes;
}

function headerBytes({ own }: Lifetime): number {
  return own === undefined ? HEADER_BYTES : HEADER_BYTES + OWN_BYTES;
}

function writeHeader(bytes: Buffer, lifetime: Lifetime, encoding: number): void {
  bytes[0] = FORMAT;
  bytes[1] = lifetime.own === undefined ? encoding : encoding | Encoding.ownLifetime;
  bytes.writeUIntBE(lifetime.createdAt, 2, TIME_BYTES);
  bytes.writeUIntBE(lifetime.idCreatedAt, 8, TIME_BYTES);
  bytes.writeUIntBE(lifetime.endsAt, 14, TIME_BYTES);
  if (lifetime.own === undefined) return;
  bytes.writeUInt32BE(lifetime.own.ttlSeconds, HEADER_BYTES);
  bytes[HEADER_BYTES + 4] = lifetime.own.persistent ? 1 : 0;
}

/**
 * Opens stored bytes.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` if they are not an envelope of this format.
 */
export function openEnvelope(value: Uint8Array): Envelope {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < HEADER_BYTES) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `the stored session has ${bytes.length} bytes; its header alone takes ${HEADER_BYTES}`,
    );
  }
  const encoding = bytes[1] ?? 0;
  if (bytes[0] !== FORMAT || (encoding & ~KNOWN) !== 0) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `the stored session has format ${bytes[0]} and encoding ${encoding}; this version reads format ${FORMAT} and encodings of the bits ${KNOWN}`,
    );
  }
  const start = (encoding & Encoding.ownLifetime) === 0 ? HEADER_BYTES : HEADER_BYTES + OWN_BYTES;
  if (bytes.length < start)
    throw new SessionError(
      'SESS_UNDECODABLE',
      `the stored session has ${bytes.length} bytes; its header alone takes ${start}`,
    );
  return {
    lifetime: {
      createdAt: bytes.readUIntBE(2, TIME_BYTES),
      idCreatedAt: bytes.readUIntBE(8, TIME_BYTES),
      endsAt: bytes.readUIntBE(14, TIME_BYTES),
      ...(start === HEADER_BYTES
        ? {}
        : { own: { ttlSeconds: bytes.readUInt32BE(HEADER_BYTES), persistent: bytes[HEADER_BYTES + 4] === 1 } }),
    },
    encoding,
    bytes,
    start,
  };
}
