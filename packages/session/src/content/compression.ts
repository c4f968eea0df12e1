import { brotliCompressSync, brotliDecompressSync, constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { SessionError } from '../errors.ts';
import { badOption, checkUnknown, isObject, oneOf, wholeNumber } from '../options/option-checks.ts';
import { Encoding } from './envelope.ts';

/** How sessions are made smaller. */
export interface CompressOptions {
  /** Data of more bytes than this is compressed, where that makes it smaller. Default 1,024. */
  readonly aboveBytes?: number | undefined;
  /** `'deflate'` (raw), the default: every language reads it. `'brotli'` makes sessions smaller still, in more time. */
  readonly algorithm?: 'deflate' | 'brotli' | undefined;
}

export interface ResolvedCompression {
  readonly aboveBytes: number;
  readonly algorithm: 'deflate' | 'brotli';
}

const NAMES: Readonly<Record<keyof CompressOptions, true>> = { aboveBytes: true, algorithm: true };

/** Below this there is little to gain: a session of a name and a few items. */
const DEFAULT_ABOVE_BYTES = 1_024;
const MAX_ABOVE_BYTES = 1_000_000;

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveCompression(given: boolean | CompressOptions | undefined): ResolvedCompression | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && !isObject(given)) throw badOption('compress', given, 'true, or { aboveBytes, algorithm }');
  const options = given === true ? {} : given;
  checkUnknown(options, Object.keys(NAMES), 'compress.');
  return Object.freeze({
    aboveBytes:
      wholeNumber('compress.aboveBytes', options.aboveBytes, 0, MAX_ABOVE_BYTES, 'bytes') ?? DEFAULT_ABOVE_BYTES,
    algorithm: oneOf('compress.algorithm', options.algorithm, ['deflate', 'brotli']) ?? 'deflate',
  });
}

/**
 * What is read inflates to this many bytes at the most: as much as an application can store without compression (the
 * limit of `maxBytes`, and a codec's name), so that a record made to burst costs no more than the largest that is
 * honest.
 */
const MAX_INFLATED_BYTES = 1_000_064;

/**
 * The compressed form, or `undefined` where there is nothing to gain. Synchronous: it takes less time than JSON takes
 * for the same data.
 */
export function compress(body: Buffer, { aboveBytes, algorithm }: ResolvedCompression): Buffer | undefined {
  if (body.length <= aboveBytes) return undefined;
  const smaller = algorithm === 'brotli' ? brotli(body) : deflateRawSync(body, { level: DEFLATE_LEVEL });
  return smaller.length < body.length ? smaller : undefined;
}

/** The bit that says which algorithm was used. */
export function compressionBit({ algorithm }: ResolvedCompression): number {
  return algorithm === 'brotli' ? Encoding.brotli : Encoding.deflate;
}

/**
 * The data again, whatever it was compressed with.
 *
 * @throws {SessionError} `SESS_UNDECODABLE`, also when it would be larger than any session.
 */
export function decompress(encoding: number, body: Buffer): Buffer {
  const inflate = (encoding & Encoding.brotli) === 0 ? inflateRawSync : brotliDecompressSync;
  try {
    return inflate(body, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    const what = tooLarge ? `would take more than ${MAX_INFLATED_BYTES} bytes` : 'is damaged';
    throw new SessionError('SESS_UNDECODABLE', `the stored session is compressed, and ${what}`, { cause: error });
  }
}

/** Past these, sessions of some kilobytes get hardly smaller, and take twice the time. */
const DEFLATE_LEVEL = 3;
const BROTLI_QUALITY = 4;

function brotli(body: Buffer): Buffer {
  return brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
}
