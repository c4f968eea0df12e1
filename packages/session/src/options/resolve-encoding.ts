import type { CompressOptions, ResolvedCompression } from '../content/compression.ts';
import { encryptionSecret, type EncryptOptions, type ResolvedEncryption } from '../content/encryption.ts';
import { badOption, checkUnknown, oneOf, wholeNumber } from './option-checks.ts';
import type { SessionsOptions } from './options.ts';
import { resolveSecrets } from './resolve-secrets.ts';

const COMPRESS: Readonly<Record<keyof CompressOptions, true>> = { aboveBytes: true, algorithm: true };
const ENCRYPT: Readonly<Record<keyof EncryptOptions, true>> = { secret: true, plain: true };

/** Below this there is little to gain: a session of a name and a few items. */
const DEFAULT_ABOVE_BYTES = 1_024;
const MAX_ABOVE_BYTES = 1_000_000;

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveCompression(given: SessionsOptions['compress']): ResolvedCompression | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && !isObject(given)) throw badOption('compress', given, 'true, or { aboveBytes, algorithm }');
  const options = given === true ? {} : given;
  checkUnknown(options, Object.keys(COMPRESS), 'compress.');
  return Object.freeze({
    aboveBytes: wholeNumber('compress.aboveBytes', options.aboveBytes, 0, MAX_ABOVE_BYTES, 'bytes') ?? DEFAULT_ABOVE_BYTES,
    algorithm: oneOf('compress.algorithm', options.algorithm, ['deflate', 'brotli']) ?? 'deflate',
  });
}

/** @throws {SessionError} `SESS_BAD_OPTION` */
export function resolveEncryption(given: SessionsOptions['encrypt']): ResolvedEncryption | undefined {
  if (given === undefined) return undefined;
  // What came is not shown: it may be a secret in the wrong place.
  if (!isObject(given)) throw badOption('encrypt', undefined, '{ secret }, with a secret of at least 32 bytes, or several');
  checkUnknown(given, Object.keys(ENCRYPT), 'encrypt.');
  const [first, ...others] = resolveSecrets('encrypt.secret', given.secret);
  return Object.freeze({
    secrets: Object.freeze([encryptionSecret(first), ...others.map(encryptionSecret)] as const),
    plain: oneOf('encrypt.plain', given.plain, ['write', 'read', 'refuse']) ?? 'read',
  });
}

function isObject(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
