import { randomUUID } from 'node:crypto';
import { MAX_DEPTH } from './depth.ts';
import { hasOwnFormat, isArrayOfNoClass, isRecord, kindOf } from './kinds.ts';

/** Why data can't be encoded. */
export interface JsonLoss {
  /**
   * The key at the top level under which it is; `undefined` for the data as a whole. Keys further down may be a user's:
   * they are not named.
   */
  readonly field: string | undefined;
  /** How many levels below that key it is. */
  readonly levels: number;
  /** What is there, such as `a Map`; `undefined` where the data is too large. */
  readonly what: string | undefined;
}

export interface EncodeJsonOptions {
  /**
   * Data that takes more bytes than this is not encoded. It may take up to a few times as many before that is noticed:
   * check the text, too.
   */
  readonly maxBytes: number;
  /**
   * What may be stored in another form than it has. `'nothing'`: it comes back as it was, or is refused.
   * `'what encodes itself'`: a `toJSON` is asked (a Date becomes text), and an object of a class is stored as its
   * fields, where it has any; the root may be of any class.
   */
  readonly changes: 'nothing' | 'what encodes itself';
}

/**
 * The data as JSON text, or an error where JSON would silently lose something. A property that is `undefined` is left
 * out: it reads the same.
 *
 * Linear in the size of the data, whatever is in it. Two encodings are equal as text exactly when they are equal as
 * bytes: lone surrogates become escapes.
 *
 * @param refuse makes the error that is thrown.
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
    // A getter, a toJSON or a Proxy of the application.
    throw refuse(walk.lossOf('something that throws when it is read'), error);
  }
  if (walk.loss !== undefined) throw refuse(walk.loss);
  // A toJSON of the whole can make anything of it.
  if (text === undefined || !text.startsWith('{'))
    throw refuse({ field: undefined, levels: 0, what: 'something else than an object' });
  return text;
}

/**
 * One look at all of the data, which ends at the first value that would be lost. Fields rather than closures: it runs
 * with every request.
 */
class Walk {
  loss: JsonLoss | undefined;
  hasNegativeZero = false;
  readonly #changes: boolean;
  /**
   * Bytes that the text may still take, counted low. Also what ends a walk through data in which one object stands in
   * many places.
   */
  #left: number;
  #field: string | undefined;
  #depth = 0;

  constructor({ maxBytes, changes }: EncodeJsonOptions) {
    this.#left = maxBytes;
    this.#changes = changes !== 'nothing';
  }

  /** Looks at the data as a whole. */
  root(data: object): void {
    const value: unknown = this.#changes && hasOwnFormat(data) ? data.toJSON('') : data;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#lost(kindOf(value));
    if (!this.#changes && !this.#isWholeRecord(value)) return;
    this.#depth = 1;
    for (const key of Object.keys(value)) {
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

  #value(key: string, value: unknown): void {
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

  #object(key: string, given: object): void {
    if (this.#depth >= MAX_DEPTH)
      return this.#lost(`more than ${MAX_DEPTH} levels of objects and arrays inside each other, or a cycle`);
    if (this.#changes && hasOwnFormat(given)) this.#ownFormat(key, given);
    else this.#contents(given);
  }

  #ownFormat(key: string, given: { toJSON(key: string): unknown }): void {
    const value = given.toJSON(key);
    // An invalid Date.
    if (value === null || value === undefined) return this.#lost(`${kindOf(given)} that encodes itself as nothing`);
    // JSON.stringify does not ask what a toJSON returned for a toJSON.
    if (typeof value === 'object') this.#contents(value);
    else this.#value(key, value);
  }

  #contents(given: object): void {
    if (Array.isArray(given)) this.#array(given);
    else if (this.#isWholeRecord(given)) this.#record(given);
  }

  #array(given: readonly unknown[]): void {
    if (!this.#changes && !isArrayOfNoClass(given)) return this.#lost(kindOf(given));
    this.#depth += 1;
    for (let index = 0; index < given.length; index += 1) {
      const value = given[index];
      if (value === undefined) return this.#lost(index in given ? 'undefined in an array' : 'an array with holes');
      this.#value(String(index), value);
      if (this.loss !== undefined) return;
    }
    this.#depth -= 1;
    if (!this.#changes && Reflect.ownKeys(given).length !== given.length + 1)
      this.#lost('an array with properties of its own');
  }

  #record(given: object): void {
    this.#depth += 1;
    for (const key of Object.keys(given)) {
      this.#property(key, (given as Record<string, unknown>)[key]);
      if (this.loss !== undefined) return;
    }
    this.#depth -= 1;
  }

  /** Whether all that an object holds is in properties that JSON writes. */
  #isWholeRecord(given: object): boolean {
    const keys = Object.keys(given).length;
    if (this.#changes ? !isRecord(given) && (keys === 0 || ArrayBuffer.isView(given)) : !isRecord(given)) {
      this.#lost(kindOf(given));
      return false;
    }
    const own = Reflect.ownKeys(given);
    if (this.#changes || own.length === keys) return true;
    this.#lost(
      own.some((key) => typeof key === 'symbol')
        ? 'a property whose key is a symbol'
        : 'a property that is not enumerable',
    );
    return false;
  }
}

/** `JSON.stringify` writes -0 as 0, though JSON has a -0, and every parser reads it. */
function stringifyWithNegativeZero(data: object): string {
  // Nobody can know it, so it is in no text of the data.
  const mark = randomUUID();
  const marked = JSON.stringify(data, (_key, value: unknown) => (Object.is(value, -0) ? mark : value));
  return marked.replaceAll(`"${mark}"`, '-0');
}
