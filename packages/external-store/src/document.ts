import { decodeJson, encodeJson, type JsonLoss } from '@sess/json-data';
import { StoreError } from './errors.ts';

/** A session of another library, as JSON represents it. */
export type Document = Record<string, unknown>;

/**
 * The session as JSON text. Objects with `toJSON` (a Date) and the fields of class instances are written as
 * `JSON.stringify` writes them, because applications of these libraries rely on it. Refuses data that it would lose
 * altogether.
 *
 * @throws {StoreError} `SESS_BAD_DATA`, naming the key; `SESS_TOO_LARGE` above 16 MiB.
 */
export function encodeDocument(session: object): string {
  return encodeJson(session, LIMITS, refusal);
}

/** Far above memcached's largest item. It bounds the encoding of data that references one object many times. */
const MAX_DOCUMENT_BYTES = 16_777_216;
const LIMITS = { maxBytes: MAX_DOCUMENT_BYTES, changes: 'what encodes itself' } as const;

function refusal({ field, levels, what }: JsonLoss): StoreError {
  const place =
    field === undefined
      ? 'the session'
      : `the session's "${field}"${levels === 0 ? '' : `, ${levels} ${levels === 1 ? 'level' : 'levels'} deeper,`}`;
  if (what === undefined)
    return new StoreError('SESS_TOO_LARGE', `the session takes more than ${MAX_DOCUMENT_BYTES} bytes`);
  return new StoreError(
    'SESS_BAD_DATA',
    `${place} holds ${what}, which JSON would lose; keep plain objects, arrays, strings, numbers and booleans in a session`,
  );
}

/**
 * The session from stored bytes; `undefined` if they are not a JSON object, or are nested deeper than any stored
 * session.
 */
export function decodeDocument(value: Uint8Array): Document | undefined {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  try {
    return decodeJson(text, MAX_DOCUMENT_BYTES, () => NO_SESSION) as Document;
  } catch (error) {
    if (error === NO_SESSION) return undefined;
    throw error;
  }
}

const NO_SESSION = new Error('no session');
