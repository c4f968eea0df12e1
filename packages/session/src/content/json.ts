import { decodeJson, encodeJson, type JsonLoss } from '@sess/json-data';
import { SessionError } from '../errors.ts';
import type { SessionData } from '../session.ts';

/** The encoding of a session without data. */
export const EMPTY_DATA = '{}';

/** Largest `maxBytes`: with the headers of item, record and session it fits memcached's default item limit of 1 MiB. */
export const MAX_DATA_BYTES = 1_000_000;

/**
 * The data as JSON text. Refuses data that JSON would lose or change, even if the text equals the loaded one.
 *
 * @throws {SessionError} `SESS_BAD_DATA`, naming the field of `session.data`; `SESS_TOO_LARGE` above the largest
 *   `maxBytes`.
 */
export function encodeData(data: object): string {
  return encodeJson(data, LIMITS, refusal);
}

const LIMITS = { maxBytes: MAX_DATA_BYTES, changes: 'nothing' } as const;

function refusal({ field, levels, what }: JsonLoss, cause?: unknown): SessionError {
  const place = field === undefined ? 'session.data' : `session.data.${field}`;
  if (what === undefined) {
    return new SessionError(
      'SESS_TOO_LARGE',
      `${place} takes more than ${MAX_DATA_BYTES} bytes together with the fields before it: no maxBytes allows that`,
    );
  }
  const where = levels === 0 ? place : `${place}, ${levels} ${levels === 1 ? 'level' : 'levels'} deeper,`;
  return new SessionError(
    'SESS_BAD_DATA',
    `${where} holds ${what}, which JSON would lose or change; keep plain objects, arrays, strings, numbers and booleans in a session ` +
      '(a Date as its toISOString()), or use a codec',
    cause === undefined ? {} : { cause: kindOfError(cause) },
  );
}

/**
 * The data from JSON text. Drops the key `__proto__`, and `constructor` and `prototype` if they hold objects: a
 * careless merge would copy them to the prototype of every object.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` if the text is not a JSON object, or is larger or nested deeper than any
 *   stored session.
 */
export function decodeData(text: string): SessionData {
  return decodeJson(text, MAX_DATA_BYTES, undecodable);
}

function undecodable(why: string, cause?: unknown): SessionError {
  return new SessionError(
    'SESS_UNDECODABLE',
    `the stored session ${why}`,
    cause === undefined ? {} : { cause: kindOfError(cause) },
  );
}

/** Only the error's name: `JSON.parse` quotes the text in its message, and a getter's error may quote anything. */
function kindOfError(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
