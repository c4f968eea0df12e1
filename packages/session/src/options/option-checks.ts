import { inspect } from 'node:util';
import { kindOf } from '@sess/json-data';
import { SessionError } from '../errors.ts';
import { nearestName } from '../stores/memcached-store.ts';

/** An error that says which option is wrong, what came and what was expected. */
export function badOption(option: string, given: unknown, expected: string): SessionError {
  const came = given === undefined ? 'is missing' : `is ${shown(option, given)}`;
  return new SessionError('SESS_BAD_OPTION', `option "${option}" ${came}; expected ${expected}`);
}

/** Options whose strings are never secret. A string in any other option may be a misplaced URL with a password. */
const SHOWN_TEXTS =
  /^cookie\.|^keyPrefix$|(Seconds|Ms|Bytes)$|^secure$|^on[A-Z]|^writePolicy$|^compress\.|^encrypt\.plain$|\.name$/;

/** Characters of a URL, or of a user and password. */
const MAY_HOLD_PASSWORD = /[:?=]/;

/** The name of an option, if it looks like one: it may be a misplaced URL. */
function shownName(name: string): string {
  return name.length <= 60 && /^[\w.-]+$/.test(name) ? name : '…';
}

/** Describes `given` without its content: an object may hold a password. */
function shown(option: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && (!SHOWN_TEXTS.test(option) || MAY_HOLD_PASSWORD.test(given)))
    return `a text of ${given.length} characters`;
  if (typeof given === 'function' || typeof given === 'symbol') return kindOf(given);
  if (typeof given !== 'object' || given === null) return inspect(given, { maxStringLength: 40 });
  if (Array.isArray(given)) return given.length === 0 ? '[]' : 'an array';
  const kind = kindOf(given);
  return kind === 'an object'
    ? inspect(Object.fromEntries(Object.keys(given).map((name) => [shownName(name), '…'])), { breakLength: Infinity })
    : kind;
}

/** Refuses unknown names and suggests the nearest known one. Ignores names whose value is `undefined`. */
export function checkUnknown(given: object, known: readonly string[], where = ''): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined ? `the options are ${known.join(', ')}` : `did you mean "${where}${near}"?`;
    throw new SessionError('SESS_BAD_OPTION', `unknown option "${where}${shownName(name)}": ${hint}`);
  }
}

/** A whole number in a range, or `undefined` if none was given. */
export function wholeNumber(
  option: string,
  given: unknown,
  least: number,
  most: number,
  unit: string,
): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most) return given;
  throw badOption(option, given, `a whole number of ${unit}, ${least} to ${most}`);
}

/** One of several literals, or `undefined` if none was given. */
export function oneOf<T extends string | boolean>(
  option: string,
  given: unknown,
  literals: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const found = literals.find((literal) => literal === given);
  if (found !== undefined) return found;
  throw badOption(option, given, literals.map((literal) => inspect(literal)).join(', '));
}

/** Whether `given` can be an object of options; a Date, Map or other instance of a class would be taken for an empty one. */
export function isObject(given: unknown): boolean {
  return kindOf(given) === 'an object';
}

/**
 * `given`, if it is an object of options.
 *
 * @param example shown in the error: `{ servers, secret }`
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function optionsObject<T extends object>(given: T, example: string): T {
  if (isObject(given)) return given;
  throw badOption('options', given, `an object that is no instance of a class, such as ${example}`);
}

/**
 * Runs `read`, which reads options. An error that is not one of ours comes from a getter or a proxy among them.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (SessionError.is(cause)) throw cause;
    // Its text may show a value.
    throw new SessionError('SESS_BAD_OPTION', UNREADABLE, { cause });
  }
}

const UNREADABLE = 'the options can not be read: one of them threw an error (see the cause)';

/** The clock of the option `now`. Each reading is checked: a wrong one would end sessions, or let them live on. */
export function clockOf(given: unknown): () => number {
  if (given === undefined) return Date.now;
  const expected = 'a function that returns milliseconds since 1970';
  if (typeof given !== 'function') throw badOption('now', given, expected);
  const now = (): number => {
    const read: unknown = given();
    const ms = Number(read);
    if (read !== null && Number.isFinite(ms)) return ms;
    throw badOption('now', given, `${expected}; it returned ${typeof read === 'number' ? ms : kindOf(read)}`);
  };
  now();
  return now;
}
