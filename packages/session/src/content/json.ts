import { decodeJson, encodeJson, type JsonLoss } from '@sess/json-data';
import { SessionError } from '../errors.ts';
import type { SessionData } from '../session.ts';

/** The encoding of a session without data. */
export const EMPTY_DATA = '{}';

/**
 * What `maxBytes` may be set to: under memcached's default item limit of 1 MiB, less the headers of item, record and
 * session.
 */
export const MAX_DATA_BYTES = 1_000_000;

/**
 * The data as JSON text. What JSON would lose, or make something else of, is refused: also where the text is the one
 * that was loaded.
 *
 * @throws {SessionError} `SESS_BAD_DATA`, naming the field of `session.data`; `SESS_TOO_LARGE` past what any `maxBytes`
 *   allows.
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
      `${place} takes more than ${MAX_DATA_BYTES} bytes with what stands before it: no maxBytes allows that`,
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
 * The data from JSON text. `__proto__` as a key is dropped, and so are `constructor` and `prototype` that hold objects:
 * copied by a careless merge they would reach the prototype of every object.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` when the text is not a JSON object, or larger or nested deeper than what is
 *   ever stored.
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

/** What `JSON.parse` throws quotes the text, and with it the session; what a getter throws may quote anything. */
function kindOfError(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
