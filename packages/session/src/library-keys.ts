import { SessionError } from './errors.ts';
import type { SessionData } from './session.ts';

/**
 * Where Passport, koa-csrf and @fastify/csrf-protection keep theirs: on the session itself, as the sessions they were written for have it. Each is the key of
 * the same name in `data`.
 */
const KEYS = ['passport', 'messages', 'secret', '_csrf'] as const;

/** Gives sessions the properties that other libraries set, and refuses every other one: beside `data` it would be lost without a word. */
export function takeLibraryKeys(prototype: { data: SessionData }): void {
  for (const key of KEYS) {
    Object.defineProperty(prototype, key, {
      get(this: typeof prototype) {
        return Reflect.get(this.data, key);
      },
      set(this: typeof prototype, value: unknown) {
        Reflect.set(this.data, key, value);
      },
    });
  }
  // A property that nobody has is looked for here last.
  Object.setPrototypeOf(prototype, new Proxy({}, { set: refuse }));
}

function refuse(_: object, key: string | symbol): never {
  const name = typeof key === 'string' && /^[A-Za-z_$][\w$]{0,40}$/.test(key) ? `.${key}` : '[…]';
  throw new SessionError('SESS_BAD_DATA', `session${name} can't be set: what is kept is in session.data; set session.data${name}`);
}
