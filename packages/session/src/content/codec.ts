import { types } from 'node:util';
import { dropPolluting, isDeeperThan, MAX_DEPTH } from '@sess/json-data';
import { SessionError } from '../errors.ts';
import { badOption } from '../options/option-checks.ts';
import type { SessionData } from '../session.ts';
import { decodeData, EMPTY_DATA, encodeData } from './json.ts';

const MAX_NAME_LENGTH = 32;
const EXPECTED = "{ name, encode(data), decode(bytes) }, 'json', or several of them: the first encodes, all decode";

/**
 * Encodes and decodes session data if JSON is not enough: `v8.serialize`, MessagePack, your own schema.
 *
 * Equal data should encode to equal bytes, because a session is saved if its bytes differ. Both functions are
 * synchronous. If `encode` throws, the save fails with `SESS_BAD_DATA`; if `decode` throws or returns anything but a
 * plain object, the session counts as a miss.
 */
export interface SessionCodec {
  /**
   * Stored with each session to identify its codec: up to 32 characters of printable ASCII. Give formats different
   * names unless `decode` can tell them apart. Default: none.
   */
  readonly name?: string | undefined;
  encode(data: SessionData): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * One encoding of session data: JSON or the application's codec. Encoded data is always held as text, because comparing
 * two texts is fast and unchanged JSON never has to become bytes. Each byte of a codec is one character.
 */
export interface DataEncoding {
  /** Stored before the data to identify the encoding; `undefined` for JSON, `''` for a codec without a name. */
  readonly name: string | undefined;
  /** The charset in which the text is stored. */
  readonly charset: 'utf8' | 'latin1';
  /** The text of a session without data. */
  readonly empty: string;
  /**
   * @throws {SessionError} `SESS_BAD_DATA`, naming the field that can't be encoded or would be decoded as something
   *   else.
   */
  encode(data: SessionData): string;
  /** @throws {SessionError} `SESS_UNDECODABLE` */
  decode(text: string): SessionData;
}

/** At least one: the first encodes, all decode. JSON is always decoded. */
export type DataEncodings = readonly [DataEncoding, ...DataEncoding[]];

/** The option `codec`. */
export type CodecOption = SessionCodec | 'json' | readonly (SessionCodec | 'json')[] | undefined;

/**
 * The encodings that the option names.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveCodec(given: CodecOption): DataEncodings {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given ?? 'json'];
  const [first, ...others] = list.map((entry, index) =>
    encodingOf(list.length === 1 ? 'codec' : `codec[${index}]`, entry),
  );
  if (first === undefined) throw badOption('codec', given, EXPECTED);
  const names = [first, ...others].map(({ name }) => name ?? 'json');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "codec" has two codecs named "${twice}"; expected names that tell them apart`,
    );
  }
  return Object.freeze([first, ...others]);
}

function encodingOf(option: string, given: unknown): DataEncoding {
  if (given === 'json') return JSON_ENCODING;
  if (!isCodec(given)) throw badOption(option, given, EXPECTED);
  const { name } = given;
  if (
    name !== undefined &&
    !(typeof name === 'string' && name.length <= MAX_NAME_LENGTH && /^[\u0021-\u007e]+$/.test(name))
  ) {
    throw badOption(`${option}.name`, name, `1 to ${MAX_NAME_LENGTH} characters of printable ASCII without space`);
  }
  try {
    return codecEncoding(given);
  } catch (error) {
    throw new SessionError(
      'SESS_BAD_OPTION',
      `option "${option}" could not encode an empty object; expected encode(data) to return a Uint8Array`,
      {
        cause: error,
      },
    );
  }
}

function isCodec(given: unknown): given is SessionCodec {
  if (typeof given !== 'object' || given === null) return false;
  return typeof Reflect.get(given, 'encode') === 'function' && typeof Reflect.get(given, 'decode') === 'function';
}

/** JSON. */
export const JSON_ENCODING: DataEncoding = Object.freeze({
  name: undefined,
  charset: 'utf8',
  empty: EMPTY_DATA,
  encode: encodeData,
  decode: decodeData,
});

/**
 * The encoding of a codec.
 *
 * @throws what the codec throws when it encodes an empty object.
 */
function codecEncoding(codec: SessionCodec): DataEncoding {
  const name = codec.name ?? '';
  return Object.freeze({
    name,
    charset: 'latin1',
    empty: asText(codec.encode({})),
    encode: (data: SessionData) => encode(codec, data),
    decode: (text: string) => decode(codec, text),
  });
}

function encode(codec: SessionCodec, data: SessionData): string {
  if (isDeeperThan(data, MAX_DEPTH)) throw new SessionError('SESS_BAD_DATA', `session.data ${TOO_DEEP}`);
  try {
    return asText(codec.encode(data));
  } catch (error) {
    throw badData(codec, data, error);
  }
}

function decode(codec: SessionCodec, text: string): SessionData {
  let data: unknown;
  try {
    data = dropPolluting(codec.decode(Buffer.from(text, 'latin1')));
  } catch (error) {
    throw new SessionError('SESS_UNDECODABLE', `${called(codec)} could not decode the stored session`, {
      cause: kindOf(error),
    });
  }
  // Merging and comparing are recursive.
  if (isDeeperThan(data, MAX_DEPTH)) throw new SessionError('SESS_UNDECODABLE', `the stored session ${TOO_DEEP}`);
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `${called(codec)} decoded the stored session to something other than a plain object`,
    );
  }
  return data;
}

const TOO_DEEP = `has more than ${MAX_DEPTH} levels of objects and arrays inside each other`;

function asText(bytes: unknown): string {
  if (!types.isUint8Array(bytes)) throw new TypeError('encode() must return a Uint8Array');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Names the first field that the codec can't encode alone; `session.data` if it can encode each alone. */
function badData(codec: SessionCodec, data: SessionData, error: unknown): SessionError {
  const field = Object.entries(data).find(([name, value]) => !canEncode(codec, { [name]: value }))?.[0];
  const what = field === undefined ? 'session.data' : `session.data.${field}`;
  return new SessionError('SESS_BAD_DATA', `${called(codec)} could not encode ${what}`, { cause: kindOf(error) });
}

function canEncode(codec: SessionCodec, data: object): boolean {
  try {
    asText(codec.encode(data));
    return true;
  } catch {
    return false;
  }
}

function called({ name }: SessionCodec): string {
  return name === undefined ? 'the codec' : `the codec "${name}"`;
}

/** Only the error's name: its message may quote the data. */
function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
