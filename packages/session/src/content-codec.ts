import type { SessionData } from './session.ts';
import { JSON_ENCODING, type DataEncoding } from './data-encoding.ts';
import { Encoding, HEADER_BYTES, openEnvelope, sealEnvelope, type Lifetime } from './envelope.ts';
import { SessionError } from './errors.ts';
import type { ResolvedOptions } from './options.ts';

/** What is stored of a session, without the form in which it is stored. */
export interface StoredContent {
  /** The data in the encoding that new sessions get, as text: two that are equal hold the same data. */
  readonly text: string;
  readonly lifetime: Lifetime;
}

/** The one place where session data becomes what is stored, and back. */
export interface ContentCodec {
  /** The text of a session without data. */
  readonly empty: string;
  /** @throws {SessionError} `SESS_BAD_DATA` */
  encode(data: SessionData): string;
  /**
   * The data of a text that {@link ContentCodec.encode} or {@link ContentCodec.open} gave.
   *
   * @throws {SessionError} `SESS_UNDECODABLE`
   */
  decode(text: string): SessionData;
  /**
   * Whether this may be stored.
   *
   * @throws {SessionError} `SESS_TOO_LARGE`, `SESS_BAD_DATA`
   */
  check(data: SessionData, text: string): void;
  /** The bytes to store under `key`. */
  seal(key: string, content: StoredContent): Buffer;
  /**
   * What is in the bytes that were stored under `key`, whichever of the options they were written with.
   *
   * @throws {SessionError} `SESS_UNDECODABLE`
   */
  open(key: string, value: Uint8Array): StoredContent;
}

/** Builds it from the options. */
export function contentCodec({ encodings, maxBytes }: Pick<ResolvedOptions, 'encodings' | 'maxBytes'>): ContentCodec {
  const [first] = encodings;
  const { charset, empty } = first;
  const prefix = prefixOf(first);
  const flags = first.name === undefined ? 0 : Encoding.codec;
  return {
    empty,
    encode: (data) => first.encode(data),
    decode: (text) => first.decode(text),
    check(data, text) {
      first.refuseLostValues(data);
      const bytes = Buffer.byteLength(text, charset);
      if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
    },
    seal: (_key, { lifetime, text }) => sealEnvelope(lifetime, prefix + text, flags, charset),
    open(_key, value) {
      const { lifetime, encoding, bytes } = openEnvelope(value);
      return { lifetime, text: readText(encodings, encoding, bytes, HEADER_BYTES) };
    },
  };
}

/** The data as text in the first encoding, where it is in any of them. */
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
    throw new SessionError('SESS_UNDECODABLE', 'the stored session was written with a codec that is not in the option "codec"');
  }
  const text = bytes.toString(written.charset, end);
  return written === first ? text : translated(written, first, text);
}

/** So that a change is found by comparing, also in a session that was written with another codec. */
function translated(from: DataEncoding, to: DataEncoding, text: string): string {
  const data = from.decode(text);
  try {
    return to.encode(data);
  } catch (error) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      'the stored session was written with another codec, and holds what the first one can not encode',
      {
        cause: error,
      },
    );
  }
}

function prefixOf({ name }: DataEncoding): string {
  return name === undefined ? '' : String.fromCharCode(name.length) + name;
}

function tooLarge(bytes: number, maxBytes: number): SessionError {
  return new SessionError(
    'SESS_TOO_LARGE',
    `session.data takes ${bytes} bytes; at most ${maxBytes} (maxBytes) are stored. Keep large things elsewhere, and their names in the session`,
  );
}
