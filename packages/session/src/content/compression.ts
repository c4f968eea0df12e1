import { brotliCompressSync, brotliDecompressSync, constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { SessionError } from '../errors.ts';
import { badOption, checkUnknown, isObject, oneOf, wholeNumber } from '../options/option-checks.ts';
import { Encoding } from './envelope.ts';

/** Compression of stored sessions. */
export interface CompressOptions {
  /** Compresses data of more bytes than this, if that makes it smaller. Default 1,024. */
  readonly aboveBytes?: number | undefined;
  /**
   * `'deflate'` (raw), the default: every language can read it. `'brotli'` makes sessions smaller still but takes
   * longer.
   */
  readonly algorithm?: 'deflate' | 'brotli' | undefined;
}

export interface ResolvedCompression {
  readonly aboveBytes: number;
  readonly algorithm: 'deflate' | 'brotli';
}

const NAMES: Readonly<Record<keyof CompressOptions, true>> = { aboveBytes: true, algorithm: true };

/** Smaller sessions, of a name and a few items, gain little. */
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
 * Inflates at most this many bytes: as much as an application can store without compression (the limit of `maxBytes`,
 * and a codec's name). So a decompression bomb costs no more than the largest valid session.
 */
const MAX_INFLATED_BYTES = 1_000_064;

/**
 * The compressed bytes; `undefined` if they would not be smaller. Synchronous: it takes less time than JSON for the
 * same data.
 */
export function compress(body: Buffer, { aboveBytes, algorithm }: ResolvedCompression): Buffer | undefined {
  if (body.length <= aboveBytes) return undefined;
  const smaller = algorithm === 'brotli' ? brotli(body) : deflateRawSync(body, { level: DEFLATE_LEVEL });
  return smaller.length < body.length ? smaller : undefined;
}

/** The bit of the encoding byte for this algorithm. */
export function compressionBit({ algorithm }: ResolvedCompression): number {
  return algorithm === 'brotli' ? Encoding.brotli : Encoding.deflate;
}

/**
 * Decompresses data of either algorithm.
 *
 * @throws {SessionError} `SESS_UNDECODABLE`, also if it would be larger than any session.
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

/** Higher levels make sessions of some kilobytes hardly smaller and take twice the time. */
const DEFLATE_LEVEL = 3;
const BROTLI_QUALITY = 4;

function brotli(body: Buffer): Buffer {
  return brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
}
