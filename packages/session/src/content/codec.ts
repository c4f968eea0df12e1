import { types } from 'node:util';
import { dropPolluting, isDeeperThan, MAX_DEPTH } from '@sess/json-data';
import { SessionError } from '../errors.ts';
import { badOption } from '../options/option-checks.ts';
import type { SessionData } from '../session.ts';
import { decodeData, EMPTY_DATA, encodeData } from './json.ts';

const MAX_NAME_LENGTH = 32;
const EXPECTED = "{ name, encode(data), decode(bytes) }, 'json', or several of them: the first encodes, all decode";

/**
 * How session data becomes bytes and back, where JSON will not do: `v8.serialize`, MessagePack, a schema of your own.
 *
 * Equal data should encode as equal bytes, because that is how a change is found; what differs is saved. Both functions
 * are synchronous. What `encode` throws becomes `SESS_BAD_DATA`; where `decode` throws, or gives anything but a plain
 * object, the session counts as a miss.
 */
export interface SessionCodec {
  /**
   * Stored with each session, so that sessions of another codec are told apart: up to 32 characters of printable ASCII.
   * Give every format that `decode` can't tell apart by itself another name. Default: none.
   */
  readonly name?: string | undefined;
  encode(data: SessionData): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * One way to write session data: JSON, or a codec of the application. Data is held as text, whatever its encoding,
 * because two texts are compared at the speed of memory, and JSON never becomes bytes where nothing changed. The bytes
 * of a codec are one character each.
 */
export interface DataEncoding {
  /** Written before the data, so that encodings are told apart: nothing for JSON, `undefined` for none. */
  readonly name: string | undefined;
  /** How text becomes bytes. */
  readonly charset: 'utf8' | 'latin1';
  /** What a session without data is. */
  readonly empty: string;
  /**
   * @throws {SessionError} `SESS_BAD_DATA`, naming the field that can't be encoded, or that would come back as
   *   something else.
   */
  encode(data: SessionData): string;
  /** @throws {SessionError} `SESS_UNDECODABLE` */
  decode(text: string): SessionData;
}

/** At least one: the first writes, all read. JSON is always read. */
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
 * @throws what the codec throws for an empty object.
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
  // What merges it, and compares it, goes down by recursion.
  if (isDeeperThan(data, MAX_DEPTH)) throw new SessionError('SESS_UNDECODABLE', `the stored session ${TOO_DEEP}`);
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) {
    throw new SessionError(
      'SESS_UNDECODABLE',
      `${called(codec)} decoded the stored session as something else than a plain object`,
    );
  }
  return data;
}

const TOO_DEEP = `has more than ${MAX_DEPTH} levels of objects and arrays inside each other`;

function asText(bytes: unknown): string {
  if (!types.isUint8Array(bytes)) throw new TypeError('encode() must return a Uint8Array');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Names the first field that the codec can't encode by itself; where each can be, the whole. */
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

/** What a codec throws may quote the data. */
function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
