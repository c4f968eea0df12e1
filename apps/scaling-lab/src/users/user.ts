import type { Framework } from '../apps/app-messages.ts';
import { CookieJar } from 'tough-cookie';

/** A user with a browser: name, cookies, and what the apps have acknowledged. */
export interface User {
  readonly name: string;
  readonly jar: CookieJar;
  /** The framework of the last login. */
  loggedInBy: Framework | undefined;
  /** Items in the cart as acknowledged by the apps since the last login. */
  cart: readonly string[];
  /** A request that changes the session is pending; the user sends no other one meanwhile. */
  busy: boolean;
  /**
   * The user logged out on purpose, or tried to. `cookie` must not work any more; `undefined` if no app acknowledged
   * the logout.
   */
  left: { readonly cookie: string | undefined } | undefined;
  /**
   * The user got a new session instead of the one from the login, so the old content is not expected in it.
   */
  lostSession: boolean;
  /** The user once read an older state than an acknowledged one. */
  sawOlder: boolean;
}

/** The apps' address, for the cookie jars. Plain HTTP, on which a browser keeps no `Secure` cookie. */
const ORIGIN = 'http://127.0.0.1/';

/** The `Cookie` header of the user's next request; `undefined` if the user has no cookies. */
export function cookieOf({ jar }: Pick<User, 'jar'>): string | undefined {
  const header = jar.getCookieStringSync(ORIGIN);
  return header === '' ? undefined : header;
}

/** Applies the cookies that a response sets or clears. */
export function keepCookies({ jar }: Pick<User, 'jar'>, setCookie: string | readonly string[] | undefined): void {
  for (const header of [setCookie ?? []].flat()) jar.setCookieSync(header, ORIGIN, { ignoreError: true });
}

/** Creates `count` users who are not logged in. `group` makes their names unique. */
export function makeUsers(group: string, count: number): readonly User[] {
  return Array.from({ length: count }, (_, number) => ({
    name: `${group.toUpperCase()}_USER_${number}`,
    jar: new CookieJar(),
    loggedInBy: undefined,
    cart: [],
    busy: false,
    left: undefined,
    lostSession: false,
    sawOlder: false,
  }));
}
