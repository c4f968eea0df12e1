import { HashRingError, shown } from './errors.ts';

/**
 * Refuses anything but an object of known options: with a misspelt option, keys would silently be placed by the
 * default.
 *
 * @throws {HashRingError} `SESS_BAD_OPTION`
 */
export function checkOptions(of: string, options: unknown, known: readonly string[]): void {
  const list = known.length === 0 ? 'no options' : known.join(', ');
  if (!isPlainObject(options)) {
    throw new HashRingError(
      'SESS_BAD_OPTION',
      `${of}: expected an object of options (${list}), got ${shown(options)}. Leave it out for the defaults.`,
    );
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new HashRingError(
      'SESS_BAD_OPTION',
      `${of}: expected only the options it knows (${list}), got ${shown(unknown)}. Correct or remove it.`,
    );
  }
}

function isPlainObject(options: unknown): options is object {
  if (typeof options !== 'object' || options === null) return false;
  const prototype: unknown = Object.getPrototypeOf(options);
  // `Object.prototype` of any realm is the one object there without a prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Checks that `value` is one of `choices`; returns `fallback` for `undefined`.
 *
 * @throws {HashRingError} `SESS_BAD_OPTION`
 */
export function oneOf<T extends string>(of: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  const list = choices.map((choice) => shown(choice)).join(', ');
  throw new HashRingError(
    'SESS_BAD_OPTION',
    `${of}: expected one of ${list}, got ${shown(value)}. Choose one, or leave it out for ${shown(fallback)}.`,
  );
}
