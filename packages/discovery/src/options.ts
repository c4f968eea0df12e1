import { isIPv6 } from 'node:net';
import { MAX_TIMER_MS } from './clock.ts';
import { DiscoveryError } from './errors.ts';

/** An error that says what `option` should be, what came, and what to do. */
export function badOption(option: string, expected: string, came: unknown, advice?: string): DiscoveryError {
  const message = `${option}: expected ${expected}, got ${shown(came)}.`;
  return new DiscoveryError('SESS_BAD_OPTION', advice === undefined ? message : `${message} ${advice}`);
}

/** A duration in milliseconds, or its default. */
export function durationMs(option: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS) return value;
  throw badOption(option, `a number of milliseconds from 1 to ${MAX_TIMER_MS}`, value);
}

/** `value` as an object whose keys are all in `known`: a misspelt option would otherwise silently get its default. */
export function knownOptions<Options extends object>(
  where: string,
  value: Options | undefined,
  known: readonly (keyof Options)[],
): Options {
  if (typeof value === 'undefined') return {} as Options;
  if (!isPlainObject(value)) throw badOption(where, 'an object', typeof value === 'string' ? UNTOLD : value);
  for (const key of Object.keys(value)) {
    if (!known.includes(key as keyof Options)) {
      // It may be a misplaced URL with a password.
      const name = key.length <= 60 && /^[\w.-]+$/u.test(key) ? key : '…';
      throw new DiscoveryError(
        'SESS_BAD_OPTION',
        `${where}: there is no option "${name}". Known ones: ${known.join(', ')}.`,
      );
    }
  }
  return value;
}

/**
 * Runs `read`, which reads the arguments of `where`. An error that is not one of ours comes from a getter or a proxy
 * among them.
 *
 * @throws DiscoveryError `SESS_BAD_OPTION`
 */
export function readable<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (DiscoveryError.is(cause)) throw cause;
    // Its text may show a value.
    const message = `${where}: the options can not be read: one of them threw an error (see the cause).`;
    throw new DiscoveryError('SESS_BAD_OPTION', message, { cause });
  }
}

/** Whether it is an object of options, not an array or an instance of a class, which keeps its content elsewhere. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // `Object.prototype` of any realm is the one object there without a prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Replaces a string that may be a secret. */
const UNTOLD: unique symbol = Symbol('untold');
const SHOWN_CHARACTERS = 120;
/** Characters of addresses, numbers and words. */
const PLAIN = /^[\w.:[\]/@… -]*$/u;
/** Neither an address nor a number, and long enough for a secret. */
const LONG_WORD = /^[^.:\s]{13,}$/u;

function shown(value: unknown): string {
  if (value === UNTOLD) return 'a string';
  if (typeof value === 'string') return shownText(value);
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  // Objects are not shown: they may hold credentials.
  if (typeof value === 'object') return isPlainObject(value) ? 'an object' : 'an instance of a class';
  return `a ${typeof value}`;
}

function shownText(text: string): string {
  const told = withoutCredentials(text);
  if (!PLAIN.test(told) || LONG_WORD.test(told)) return `a text of ${text.length} characters`;
  return JSON.stringify(told.length > SHOWN_CHARACTERS ? `${told.slice(0, SHOWN_CHARACTERS)}…` : told);
}

/**
 * A URL may contain a user and a password, which end at the last `@`. If that was left out, too, what follows the first
 * colon may be the password, unless the text is an address.
 */
function withoutCredentials(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//iu.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf('@');
  const colon = rest.indexOf(':');
  if (at !== -1) return `${scheme}…${rest.slice(at)}`;
  return colon !== -1 && !isAddressLike(rest) ? `${scheme}${rest.slice(0, colon)}:…` : text;
}

/** Whether it is an IPv6 address, or one colon with what may be a port behind it. */
function isAddressLike(text: string): boolean {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{0,5})?$/u.exec(text) ?? [];
  return isIPv6(bracketed ?? text) || /^[^:]*:\d{0,5}$/u.test(text);
}
