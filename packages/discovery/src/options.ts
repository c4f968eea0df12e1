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
      throw new DiscoveryError(
        'SESS_BAD_OPTION',
        `${where}: there is no option "${key}". Known ones: ${known.join(', ')}.`,
      );
    }
  }
  return value;
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

function shown(value: unknown): string {
  if (value === UNTOLD) return 'a string';
  if (typeof value === 'string') return JSON.stringify(withoutCredentials(value));
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  // Objects are not shown: they may hold credentials.
  if (typeof value === 'object') return isPlainObject(value) ? 'an object' : 'an instance of a class';
  return `a ${typeof value}`;
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
  let told = text;
  if (at !== -1) told = `${scheme}…${rest.slice(at)}`;
  else if (colon !== -1 && !isAddressLike(rest)) told = `${scheme}${rest.slice(0, colon)}:…`;
  return told.length > SHOWN_CHARACTERS ? `${told.slice(0, SHOWN_CHARACTERS)}…` : told;
}

/** Whether it is an IPv6 address, or one colon with what may be a port behind it. */
function isAddressLike(text: string): boolean {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{0,5})?$/u.exec(text) ?? [];
  return isIPv6(bracketed ?? text) || /^[^:]*:\d{0,5}$/u.test(text);
}
