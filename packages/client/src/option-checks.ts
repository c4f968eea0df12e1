/**
 * Checks single options. Each error says what was expected and what came, but never shows a value that may be a secret.
 */
import { isPlainObject } from '@sess/discovery';
import type { Clock } from './clock.ts';
import { SessClientError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** Ten minutes: more is a mistake in the unit. */
const MAX_DURATION_MS = 600_000;

export function badOption(message: string, cause?: unknown): SessClientError {
  return new SessClientError('SESS_BAD_OPTION', message, { cause });
}

/**
 * Refuses unknown option names and suggests the nearest one. Ignores names whose value is `undefined`.
 *
 * @param where The parent option, with a dot.
 */
export function checkKnown(given: object, known: readonly string[], where = ''): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    const near = nearestName(name, known);
    const advice = near === undefined ? `The options are ${known.join(', ')}.` : `Did you mean "${where}${near}"?`;
    // The name may be a misplaced URL with a secret.
    const shown = name.length <= 60 && /^[\w.-]+$/.test(name) ? name : '…';
    throw badOption(`There is no option "${where}${shown}". ${advice}`);
  }
}

/** A duration in whole milliseconds, 1 to 600,000. */
export function durationMs<Name extends string>(
  options: { readonly [name in Name]?: number | undefined },
  name: Name,
  byDefault: number,
): number {
  const given: unknown = options[name];
  if (given === undefined) return byDefault;
  if (isWhole(given, 1, MAX_DURATION_MS)) return given;
  const unit = typeof given === 'number' && given > 0 && given < 1 ? ' It looks like seconds.' : '';
  throw badOption(
    `${name} must be whole milliseconds, 1 to ${MAX_DURATION_MS}; got ${show(given)}.${unit} The default is ${byDefault}.`,
  );
}

/** A whole number from `min` to `max`. */
export function count<Name extends string>(
  options: { readonly [name in Name]?: number | undefined },
  name: Name,
  byDefault: number,
  min: number,
  max: number,
): number {
  const given: unknown = options[name];
  if (given === undefined) return byDefault;
  if (isWhole(given, min, max)) return given;
  throw badOption(`${name} must be a whole number, ${min} to ${max}; got ${show(given)}. The default is ${byDefault}.`);
}

/** An object with the given methods; `example`: what the user would write. */
export function methodsOf<T extends object>(
  name: string,
  given: T,
  methods: readonly (keyof T & string)[],
  example: string,
): T {
  const missing = methods.find(
    (method) => typeof (given as Partial<Record<string, unknown>> | null)?.[method] !== 'function',
  );
  if (missing === undefined) return given;
  const called = typeof given === 'function' ? ' Did you forget to call it?' : '';
  throw badOption(`${name} must be ${example}, an object with the method ${missing}; got ${show(given)}.${called}`);
}

export function functionOf<T>(name: string, given: T, expected: string): T {
  if (typeof given === 'function') return given;
  throw badOption(`${name} must be ${expected}; got ${show(given)}.`);
}

export function flagOrObject<T extends object>(name: string, given: boolean | T): boolean | T {
  if (typeof given === 'boolean' || isPlainObject(given)) return given;
  throw badOption(`${name} must be true, false or an object of node:tls options; got ${show(given)}.`);
}

export function flag(name: string, given: unknown, byDefault: boolean): boolean {
  if (given === undefined) return byDefault;
  if (typeof given === 'boolean') return given;
  throw badOption(`${name} must be true or false; got ${show(given)}. The default is ${byDefault}.`);
}

/** A non-empty string. Errors don't show it. */
export function text(name: string, given: unknown): string {
  if (typeof given === 'string' && given !== '') return given;
  throw badOption(`${name} must be a string that is not empty; got ${given === '' ? 'an empty one' : typeof given}.`);
}

const MIN_SECRET_BYTES = 32;

/** No secret, one or several, each too long to guess. Errors don't show them. */
export function secrets(name: string, given: unknown): readonly string[] {
  if (given === undefined) return [];
  // A copy has no holes, which `map` would pass over.
  const list: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  const checked = list.map((secret, index) => {
    const which = Array.isArray(given) ? `${name}[${index}]` : name;
    const bytes = Buffer.byteLength(text(which, secret));
    if (bytes >= MIN_SECRET_BYTES) return secret as string;
    throw badOption(
      `${which} has ${bytes} bytes; it needs at least ${MIN_SECRET_BYTES}. Make one with: node -p "crypto.randomBytes(32).toString('base64url')"`,
    );
  });
  if (checked.length === 0)
    throw badOption(`${name} must be one string or several; got an empty list. Leave it out for none.`);
  return Object.freeze([...new Set(checked)]);
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/**
 * A source of random numbers. Throws if its first number is invalid. Replaces a later invalid one by `Math.random()`,
 * because an error then would end the process.
 */
export function randomOf(given: unknown): () => number {
  if (given === undefined) return Math.random;
  const random = functionOf('random', given as () => unknown, 'a function like Math.random');
  let isChecked = false;
  return () => {
    const number = isChecked ? orNothing(random) : answerOf('random', random);
    if (typeof number === 'number' && number >= 0 && number < 1) {
      isChecked = true;
      return number;
    }
    if (isChecked) return Math.random();
    throw badOption(
      `random must return a number from 0 to less than 1, as Math.random does; it returned ${show(number)}.`,
    );
  };
}

/** A clock whose readings are numbers, and whose timers can be cancelled. */
export function clockOf(given: Clock): Clock {
  const clock = methodsOf('clock', given, ['now', 'elapsed', 'after'], 'a Clock');
  for (const method of ['now', 'elapsed'] as const) {
    const read = answerOf(`clock.${method}()`, () => clock[method]());
    if (typeof read !== 'number' || !Number.isFinite(read))
      throw badOption(`clock.${method}() must return a number of milliseconds; it returned ${show(read)}.`);
  }
  for (const method of ['after', 'afterWorking'] as const) {
    if (clock[method] === undefined) continue;
    const cancel = answerOf(`clock.${method}()`, () => clock[method]?.(0, () => undefined));
    if (typeof cancel !== 'function')
      throw badOption(`clock.${method}() must return a function that cancels the timer; it returned ${show(cancel)}.`);
    cancel();
  }
  return clock;
}

/** Runs `read`; an error that is not one of ours comes from a getter or a proxy among the options. */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SESS_')) throw error;
    // Its text may show a value.
    throw badOption('The options can not be read: one of them threw an error (see the cause).', error);
  }
}

/** What a function among the options answers. */
function answerOf(name: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (cause) {
    throw badOption(`${name} threw an error (see the cause).`, cause);
  }
}

function orNothing(call: () => unknown): unknown {
  try {
    return call();
  } catch {
    return undefined;
  }
}

function isWhole(given: unknown, min: number, max: number): given is number {
  return typeof given === 'number' && Number.isInteger(given) && given >= min && given <= max;
}

/** Shows numbers, and only the type of anything else. */
export function show(given: unknown): string {
  if (typeof given === 'number') return String(given);
  if (given === null || given === undefined) return String(given);
  if (Array.isArray(given)) return 'an array';
  return isRecord(given) && !isPlainObject(given) ? 'an instance of a class' : `a value of type ${typeof given}`;
}
