import { compress, compressionBit, decompress } from './compression.ts';
import { JSON_ENCODING, type DataEncoding } from './codec.ts';
import { decrypt, encrypt, type ResolvedEncryption } from './encryption.ts';
import { Encoding, openEnvelope, sealEnvelope, sealedHeader, type Envelope, type Lifetime } from './envelope.ts';
import { SessionError } from '../errors.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { SessionData } from '../session.ts';
import type { WarnOnce } from '../lifecycle/warn-once.ts';

/** The content of a stored session, whatever its stored form. */
export interface StoredContent {
  /** The data in the encoding of new sessions, as text. Equal texts hold equal data. */
  readonly text: string;
  readonly lifetime: Lifetime;
}

/** The only place that converts between session data and stored bytes. */
export interface ContentCodec {
  /** The text of a session without data. */
  readonly empty: string;
  /** @throws {SessionError} `SESS_BAD_DATA`, `SESS_TOO_LARGE` above the largest `maxBytes`. */
  encode(data: SessionData): string;
  /**
   * Decodes a text that {@link ContentCodec.encode} or {@link ContentCodec.open} returned.
   *
   * @throws {SessionError} `SESS_UNDECODABLE`
   */
  decode(text: string): SessionData;
  /**
   * Throws if the text is larger than `maxBytes`.
   *
   * @throws {SessionError} `SESS_TOO_LARGE`
   */
  check(text: string): void;
  /** The bytes to store under `key`. */
  seal(key: string, content: StoredContent): Buffer;
  /**
   * Opens bytes that were stored under `key`, whichever options they were written with.
   *
   * @throws {SessionError} `SESS_UNDECODABLE`
   */
  open(key: string, value: Uint8Array): StoredContent;
}

type ContentOptions = Pick<ResolvedOptions, 'encodings' | 'maxBytes' | 'compression' | 'encryption'>;

/** Builds the codec from the options. */
export function contentCodec(options: ContentOptions, warnOnce: WarnOnce): ContentCodec {
  const { encodings, maxBytes, encryption } = options;
  const [first] = encodings;
  return {
    empty: first.empty,
    encode: (data) => first.encode(data),
    decode: (text) => first.decode(text),
    check(text) {
      const bytes = Buffer.byteLength(text, first.charset);
      if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
    },
    seal: sealer(options),
    open(key, value) {
      const envelope = openEnvelope(value);
      const { lifetime, encoding, bytes, start } = envelope;
      if ((encoding & TRANSFORMED) === 0 && encryption?.plain !== 'refuse') {
        return { lifetime, text: readText(encodings, encoding, bytes, start) };
      }
      let body = decrypted(encryption, key, envelope, warnOnce);
      if ((encoding & COMPRESSED) !== 0) body = decompress(encoding, body);
      return { lifetime, text: readText(encodings, encoding, body, 0) };
    },
  };
}

const COMPRESSED = Encoding.deflate | Encoding.brotli;
const TRANSFORMED = COMPRESSED | Encoding.encrypted;

function sealer({ encodings: [first], compression, encryption }: ContentOptions): ContentCodec['seal'] {
  const { charset, name } = first;
  const prefix = name === undefined ? '' : String.fromCharCode(name.length) + name;
  const flags = name === undefined ? 0 : Encoding.codec;
  const secret = encryption === undefined || encryption.plain === 'write' ? undefined : encryption.secrets[0];
  if (compression === undefined && secret === undefined) {
    return (_key, { lifetime, text }) => sealEnvelope(lifetime, prefix + text, flags, charset);
  }
  return (key, { lifetime, text }) => {
    const data = Buffer.from(prefix + text, charset);
    const smaller = compression && compress(data, compression);
    const encoding =
      flags | (compression && smaller ? compressionBit(compression) : 0) | (secret ? Encoding.encrypted : 0);
    const header = sealedHeader(lifetime, encoding);
    const body = smaller ?? data;
    return Buffer.concat([header, secret === undefined ? body : encrypt(secret, { key, header }, body)]);
  };
}

function decrypted(
  encryption: ResolvedEncryption | undefined,
  key: string,
  { encoding, bytes, start }: Envelope,
  warnOnce: WarnOnce,
): Buffer {
  const body = bytes.subarray(start);
  if ((encoding & Encoding.encrypted) === 0) {
    if (encryption?.plain !== 'refuse') return body;
    throw new SessionError(
      'SESS_UNDECODABLE',
      'the stored session is not encrypted, as encrypt.plain: "refuse" requires',
    );
  }
  const data = encryption && decrypt(encryption.secrets, { key, header: bytes.subarray(0, start) }, body);
  if (data !== undefined) return data;
  warnOnce('SESS_WRONG_KEY');
  throw new SessionError(
    'SESS_UNDECODABLE',
    'the stored session is encrypted, with a secret that is not in the option "encrypt.secret"',
  );
}

/** The data as text in the first encoding, from any of the encodings. */
function readText(encodings: ResolvedOptions['encodings'], flags: number, bytes: Buffer, start: number): string {
  const [first] = encodings;
  if ((flags & Encoding.codec) === 0) {
    const text = bytes.toString(JSON_ENCODING.charset, start);
    return first === JSON_ENCODING ? text : translated(JSON_ENCODING, first, text);
  }
  const end = start + 1 + (bytes[start] ?? 0);
  const name = bytes.toString('latin1', start + 1, end);
  const written = encodings.find((encoding) => encoding.name === name);
  if (written === undefined || bytes.length < end) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      'the stored session was written with a codec that is not in the option "codec"',
    );
  }
  const text = bytes.toString(written.charset, end);
  return written === first ? text : translated(written, first, text);
}

/**
 * Encodes the data with `to`, so that a change is found by comparing texts, also in a session that another codec wrote.
 */
function translated(from: DataEncoding, to: DataEncoding, text: string): string {
  const data = from.decode(text);
  try {
    return to.encode(data);
  } catch (error) {
    const message = 'the stored session was written with another codec, and the first codec can not encode its data';
    throw new SessionError('SESS_UNDECODABLE', message, { cause: error });
  }
}

function tooLarge(bytes: number, maxBytes: number): SessionError {
  return new SessionError(
    'SESS_TOO_LARGE',
    `session.data takes ${bytes} bytes; at most ${maxBytes} (maxBytes) are allowed. Keep large data elsewhere, and only its key in the session`,
  );
}
