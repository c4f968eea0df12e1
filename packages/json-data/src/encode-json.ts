import { randomUUID } from 'node:crypto';
import { MAX_DEPTH } from './depth.ts';
import { hasOwnFormat, isArrayOfNoClass, isRecord, kindOf } from './kinds.ts';

/** Why data can't be encoded. */
export interface JsonLoss {
  /**
   * The top-level key that holds it; `undefined` for the data as a whole. Deeper keys are not named: they may come from
   * a user.
   */
  readonly field: string | undefined;
  /** Its level below that key. */
  readonly levels: number;
  /** The kind of value, such as `a Map`; `undefined` if the data is too large. */
  readonly what: string | undefined;
}

export interface EncodeJsonOptions {
  /**
   * Refuses data that takes more bytes than this. The count is low by a factor of up to a few: check the size of the
   * text too.
   */
  readonly maxBytes: number;
  /**
   * Which values may change their form. `'nothing'`: a value is decoded as it was, or refused. `'what encodes itself'`:
   * uses `toJSON` (a Date becomes text), and stores a class instance as its fields, if it has any; the root may be of
   * any class.
   */
  readonly changes: 'nothing' | 'what encodes itself';
}

/**
 * The data as JSON text; throws if JSON would silently lose something. Leaves out properties that are `undefined`,
 * because they read the same.
 *
 * Linear in the size of the data. Two encodings are equal as text exactly if they are equal as bytes, because lone
 * surrogates become escapes.
 *
 * @param refuse makes the error to throw.
 */
export function encodeJson(
  data: object,
  options: EncodeJsonOptions,
  refuse: (loss: JsonLoss, cause?: unknown) => Error,
): string {
  const walk = new Walk(options);
  let text: string | undefined;
  try {
    walk.root(data);
    if (walk.loss === undefined) text = walk.hasNegativeZero ? stringifyWithNegativeZero(data) : JSON.stringify(data);
  } catch (error) {
    // A getter, a toJSON or a Proxy of the application threw.
    throw refuse(walk.lossOf('something that throws when it is read'), error);
  }
  if (walk.loss !== undefined) throw refuse(walk.loss);
  // A `toJSON` of the root may return anything.
  if (text === undefined || !text.startsWith('{'))
    throw refuse({ field: undefined, levels: 0, what: 'something else than an object' });
  return text;
}

/**
 * One pass over the data, which stops at the first value that would be lost. Uses fields instead of closures, because
 * it runs in every request.
 */
class Walk {
  loss: JsonLoss | undefined;
  hasNegativeZero = false;
  readonly #changes: boolean;
  /**
   * Bytes that the text may still take, counted low. Also bounds the walk through data that references one object many
   * times.
   */
  #left: number;
  #field: string | undefined;
  #depth = 0;

  constructor({ maxBytes, changes }: EncodeJsonOptions) {
    this.#left = maxBytes;
    this.#changes = changes !== 'nothing';
  }

  /** Checks the whole data. */
  root(data: object): void {
    const value: unknown = this.#changes && hasOwnFormat(data) ? data.toJSON('') : data;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#lost(kindOf(value));
    const keys = Object.keys(value);
    if (!this.#changes && !this.#isWholeRecord(value, keys.length)) return;
    this.#depth = 1;
    for (const key of keys) {
      this.#field = key;
      this.#depth = 1;
      this.#property(key, (value as Record<string, unknown>)[key]);
      if (this.loss !== undefined) return;
    }
  }

  lossOf(what: string | undefined): JsonLoss {
    return { field: this.#field, levels: Math.max(0, this.#depth - 1), what };
  }

  #lost(what: string | undefined): void {
    this.loss ??= this.lossOf(what);
  }

  #property(key: string, value: unknown): void {
    if (value === undefined) return;
    this.#left -= key.length + 2;
    this.#value(key, value);
  }

  #value(key: string | number, value: unknown): void {
    this.#left -= 1;
    if (this.#left < 0) return this.#lost(undefined);
    switch (typeof value) {
      case 'string':
        this.#left -= value.length;
        return this.#left < 0 ? this.#lost(undefined) : undefined;
      case 'boolean':
        return;
      case 'number':
        return this.#number(value);
      case 'object':
        return value === null ? undefined : this.#object(key, value);
      case 'bigint':
      case 'function':
      case 'symbol':
      case 'undefined':
        return this.#lost(kindOf(value));
    }
  }

  #number(value: number): void {
    if (!Number.isFinite(value)) return this.#lost(String(value));
    if (value === 0 && Object.is(value, -0)) this.hasNegativeZero = true;
  }

  #object(key: string | number, given: object): void {
    if (this.#depth >= MAX_DEPTH)
      return this.#lost(`more than ${MAX_DEPTH} levels of objects and arrays inside each other, or a cycle`);
    if (this.#changes && hasOwnFormat(given)) this.#ownFormat(key, given);
    else this.#contents(given);
  }

  #ownFormat(key: string | number, given: { toJSON(key: string): unknown }): void {
    const value = given.toJSON(String(key));
    // An invalid Date.
    if (value === null || value === undefined) return this.#lost(`${kindOf(given)} that encodes itself as nothing`);
    // `JSON.stringify` does not call `toJSON` on the result of a `toJSON`.
    if (typeof value === 'object') this.#contents(value);
    else this.#value(key, value);
  }

  #contents(given: object): void {
    if (Array.isArray(given)) this.#array(given);
    else this.#record(given);
  }

  #array(given: readonly unknown[]): void {
    if (!this.#changes && !isArrayOfNoClass(given)) return this.#lost(kindOf(given));
    this.#depth += 1;
    for (let index = 0; index < given.length; index += 1) {
      const value = given[index];
      if (value === undefined) return this.#lost(index in given ? 'undefined in an array' : 'an array with holes');
      this.#value(index, value);
      if (this.loss !== undefined) return;
    }
    this.#depth -= 1;
    // The indexes and `length`.
    if (!this.#changes && ownKeyCount(given) !== given.length + 1) this.#lost('an array with properties of its own');
  }

  #record(given: object): void {
    const keys = Object.keys(given);
    if (!this.#isWholeRecord(given, keys.length)) return;
    this.#depth += 1;
    for (const key of keys) {
      this.#property(key, (given as Record<string, unknown>)[key]);
      if (this.loss !== undefined) return;
    }
    this.#depth -= 1;
  }

  /** Whether JSON writes everything that an object with so many enumerable keys holds. */
  #isWholeRecord(given: object, keys: number): boolean {
    if (this.#changes ? !isRecord(given) && (keys === 0 || ArrayBuffer.isView(given)) : !isRecord(given)) {
      this.#lost(kindOf(given));
      return false;
    }
    if (this.#changes || ownKeyCount(given) === keys) return true;
    this.#lost(
      Object.getOwnPropertySymbols(given).length > 0
        ? 'a property whose key is a symbol'
        : 'a property that is not enumerable',
    );
    return false;
  }
}

/** The number of `Reflect.ownKeys`, which V8 computes more slowly than these two. */
function ownKeyCount(given: object): number {
  return Object.getOwnPropertyNames(given).length + Object.getOwnPropertySymbols(given).length;
}

/** Writes -0 as `-0`, which JSON allows and every parser reads; `JSON.stringify` writes 0. */
function stringifyWithNegativeZero(data: object): string {
  // Random, so no string of the data contains it.
  const mark = randomUUID();
  const marked = JSON.stringify(data, (_key, value: unknown) => (Object.is(value, -0) ? mark : value));
  return marked.replaceAll(`"${mark}"`, '-0');
}
