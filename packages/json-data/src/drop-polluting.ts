/**
 * Makes data from any decoder safe to merge: drops the key `__proto__`, and `constructor` and `prototype` if they hold
 * objects, through which a careless merge reaches the prototype of every object. If a decoder assigned `__proto__`
 * instead of defining it, restores the object's prototype. Changes `value` in place and returns it; visits each object,
 * array, Map and Set once.
 */
export function dropPolluting(value: unknown): unknown {
  const seen = new Set<object>();
  // A list instead of recursion: deep nesting must not overflow the stack.
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null || seen.has(next) || ArrayBuffer.isView(next)) continue;
    seen.add(next);
    clean(next);
    for (const inner of contents(next)) pending.push(inner);
  }
  return value;
}

function clean(value: object): void {
  if (!Array.isArray(value) && isRecord(value) && Object.getPrototypeOf(value) !== Object.prototype) {
    Object.setPrototypeOf(value, Object.prototype);
  }
  for (const key of POLLUTING) {
    const held = Object.getOwnPropertyDescriptor(value, key);
    if (held === undefined) continue;
    if (key === '__proto__' || (typeof held.value === 'object' && held.value !== null))
      Reflect.deleteProperty(value, key);
  }
}

const POLLUTING = ['__proto__', 'constructor', 'prototype'] as const;

/**
 * Whether an object is a record and not an instance of a class: the prototype of a class has the class as
 * `constructor`.
 */
function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null || Object.getPrototypeOf(prototype) === null) return true;
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return !(typeof owner === 'function' && owner.prototype === prototype);
}

function contents(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return value instanceof Set ? value : Object.values(value);
}
