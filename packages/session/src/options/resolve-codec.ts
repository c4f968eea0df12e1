import { codecEncoding, JSON_ENCODING, type DataEncoding, type DataEncodings } from '../content/codec.ts';
import { SessionError } from '../errors.ts';
import { badOption } from './option-checks.ts';
import type { SessionsOptions } from './options.ts';
import type { SessionCodec } from '../content/session-codec.ts';

const MAX_NAME_LENGTH = 32;
const EXPECTED = "{ name, encode(data), decode(bytes) }, 'json', or several of them: the first encodes, all decode";

/**
 * The encodings that the option names.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveCodec(given: SessionsOptions['codec']): DataEncodings {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given ?? 'json'];
  const [first, ...others] = list.map((entry, index) => encodingOf(list.length === 1 ? 'codec' : `codec[${index}]`, entry));
  if (first === undefined) throw badOption('codec', given, EXPECTED);
  const names = [first, ...others].map(({ name }) => name ?? 'json');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new SessionError('SESS_BAD_OPTION', `option "codec" has two codecs named "${twice}"; expected names that tell them apart`);
  }
  return Object.freeze([first, ...others]);
}

function encodingOf(option: string, given: unknown): DataEncoding {
  if (given === 'json') return JSON_ENCODING;
  if (!isCodec(given)) throw badOption(option, given, EXPECTED);
  const { name } = given;
  if (name !== undefined && !(typeof name === 'string' && name.length <= MAX_NAME_LENGTH && /^[\u0021-\u007e]+$/.test(name))) {
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
