import { types } from 'node:util';
import { SessionError } from './errors.ts';
import type { SessionData } from './session.ts';

/** The encoding of a session without data. */
export const EMPTY_DATA = '{}';

/**
 * The data as JSON text. Two encodings are equal as text exactly when they are equal as bytes: `JSON.stringify` writes lone surrogates as escapes, so
 * what it returns is always whole UTF-8.
 *
 * @throws {SessionError} `SESS_BAD_DATA`, naming the field of `session.data` that JSON can't carry.
 */
export function encodeData(data: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (error) {
    throw badData(data, error);
  }
  // A toJSON of its own can turn the whole into anything.
  if (text === undefined || !text.startsWith('{')) throw new SessionError('SESS_BAD_DATA', 'session.data must encode as a JSON object');
  return text;
}

/**
 * Refuses what JSON would silently lose: a Map, a Set or a function comes back as `{}` or not at all. Asked when there is something to save, not on
 * every request.
 *
 * @throws {SessionError} `SESS_BAD_DATA`
 */
export function refuseLostValues(data: object): void {
  for (const [field, value] of Object.entries(data)) {
    const what = lostValue(value);
    if (what !== undefined) {
      throw new SessionError(
        'SESS_BAD_DATA',
        `session.data.${field} holds ${what}, which JSON would lose; keep plain objects, arrays, strings, numbers and booleans in a session`,
      );
    }
  }
}

/**
 * The data from JSON text. `__proto__` as a key is dropped, and so are `constructor` and `prototype` that hold objects: copied by a careless merge they
 * would reach the prototype of every object.
 *
 * @throws {SessionError} `SESS_UNDECODABLE` when the text is not a JSON object.
 */
export function decodeData(text: string): SessionData {
  let data: unknown;
  try {
    data = isSuspicious(text) ? JSON.parse(text, dropPolluting) : JSON.parse(text);
  } catch (error) {
    throw new SessionError('SESS_UNDECODABLE', 'the stored session is not JSON', { cause: withoutExcerpt(error) });
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new SessionError('SESS_UNDECODABLE', 'the stored session is not a JSON object');
  }
  return data;
}

/** Whether a key can be one of the three; an escape can hide any of their letters. Three plain searches take a fraction of what one pattern takes. */
function isSuspicious(text: string): boolean {
  return text.includes('proto') || text.includes('constructor') || text.includes('\\u');
}

function dropPolluting(key: string, value: unknown): unknown {
  if (key === '__proto__') return undefined;
  if ((key === 'constructor' || key === 'prototype') && typeof value === 'object') return undefined;
  return value;
}

/** What `JSON.parse` throws quotes the text, and with it the session. */
function withoutExcerpt(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

function badData(data: object, cause: unknown): SessionError {
  for (const [field, value] of Object.entries(data)) {
    try {
      JSON.stringify(value);
    } catch {
      const what = lostValue(value) ?? 'a cycle, or something whose toJSON fails';
      return new SessionError('SESS_BAD_DATA', `session.data.${field} can't be encoded as JSON: it holds ${what}`, { cause });
    }
  }
  return new SessionError('SESS_BAD_DATA', "session.data can't be encoded as JSON", { cause });
}

/** The kind of the first value inside `value` that JSON can't carry; cycles are not followed. */
function lostValue(value: unknown, ancestors: readonly object[] = []): string | undefined {
  if (typeof value === 'bigint') return 'a BigInt';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null || ancestors.includes(value)) return undefined;
  return lostObject(value, ancestors);
}

function lostObject(value: object, ancestors: readonly object[]): string | undefined {
  // What encodes itself (a Date, a URL, a Buffer) is its own business.
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  for (const [is, name] of OPAQUE) if (is(value)) return name;
  const path = [...ancestors, value];
  for (const inner of Object.values(value)) {
    const what = lostValue(inner, path);
    if (what !== undefined) return what;
  }
  return undefined;
}

/** Objects that JSON writes as `{}`, whatever they hold. */
const OPAQUE: readonly (readonly [is: (value: unknown) => boolean, name: string])[] = [
  [types.isMap, 'a Map'],
  [types.isSet, 'a Set'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
  [types.isPromise, 'a Promise'],
  [types.isRegExp, 'a RegExp'],
  [types.isNativeError, 'an Error'],
  [types.isAnyArrayBuffer, 'an ArrayBuffer'],
];
