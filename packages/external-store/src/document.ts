import { decodeJson, encodeJson, type JsonLoss } from '@sess/json-data';
import { StoreError } from './errors.ts';

/** A session as another library stores it: what JSON makes of it. */
export type Document = Record<string, unknown>;

/**
 * The session as JSON text. What encodes itself (a Date), and the fields of a class's object, are written as
 * `JSON.stringify` writes them, because these libraries' applications rely on it; what it would lose altogether is
 * refused.
 *
 * @throws {StoreError} `SESS_BAD_DATA`, naming the key; `SESS_TOO_LARGE` past what the client can be set to take.
 */
export function encodeDocument(session: object): string {
  return encodeJson(session, LIMITS, refusal);
}

/** Far above memcached's largest item. It ends the walk through data in which one object is referenced many times. */
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
 * The session from stored bytes, or `undefined` where they are not a JSON object, or one that is nested deeper than
 * what is ever stored.
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
