/** Whether an object has a `toJSON`: a Date, a URL, a Buffer. */
export function hasOwnFormat(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Whether an object is a plain one, of this realm or another, or has no prototype. */
export function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isRootOfRealm(prototype);
}

/** Whether an array is a plain one, of this realm or another, and not of a subclass. */
export function isArrayOfNoClass(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Array.prototype || (Array.isArray(prototype) && isRootOfRealm(Object.getPrototypeOf(prototype)));
}

function isRootOfRealm(prototype: unknown): boolean {
  if (typeof prototype !== 'object' || prototype === null) return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** The kind of a value, without its content: `a Map`, `an Error`, `a function`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'bigint') return 'a BigInt';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value) && isArrayOfNoClass(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  const name = classOf(value);
  return name === undefined ? 'an object of a class' : `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** The name of the value's class. It comes from code, so it shows no data. */
function classOf(value: object): string | undefined {
  for (
    let at: unknown = Object.getPrototypeOf(value);
    typeof at === 'object' && at !== null;
    at = Object.getPrototypeOf(at)
  ) {
    const owner: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof owner !== 'function') continue;
    const { name }: { readonly name: unknown } = owner;
    return typeof name === 'string' && name !== 'Object' && /^[\w$]{1,40}$/.test(name) ? name : undefined;
  }
  return undefined;
}
