/**
 * Makes decoded data harmless, whatever decoded it: `__proto__` as a key is dropped, and so are `constructor` and
 * `prototype` that hold objects, through which a careless merge reaches the prototype of every object. A decoder that
 * assigned `__proto__` instead of defining it has given its object another prototype: that is undone. Changes `value`
 * in place, and returns it; goes into objects, arrays, Maps and Sets, once into each.
 */
export function dropPolluting(value: unknown): unknown {
  const seen = new Set<object>();
  // A list in place of recursion: what is nested deeply must not end the stack.
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
 * Whether an object is a record rather than something with a class: a class names itself in its prototype's
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
