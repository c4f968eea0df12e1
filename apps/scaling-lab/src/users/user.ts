import type { Framework } from '../apps/app-messages.ts';
import { CookieJar } from 'tough-cookie';

/** A user with a browser: who they are, their cookies, and what the apps have acknowledged to them. */
export interface User {
  readonly name: string;
  readonly jar: CookieJar;
  /** What logged this user in last. */
  loggedInBy: Framework | undefined;
  /** Items that the apps said are in the cart, since the last login. */
  cart: readonly string[];
  /** A request that changes the session is under way; a browser waits for it. */
  busy: boolean;
  /**
   * Logged out on purpose, or tried to: `cookie` is the one that must not work any more, where the apps acknowledged
   * it.
   */
  left: { readonly cookie: string | undefined } | undefined;
  /**
   * Was given a new session in the place of the one that they logged in to: what that one held is not expected of this
   * one.
   */
  lostSession: boolean;
  /** Was once shown a state older than one that had been acknowledged. */
  sawOlder: boolean;
}

/** The apps' address, for the cookie jars: plain HTTP, so that a browser keeps no `Secure` cookie of theirs. */
const ORIGIN = 'http://127.0.0.1/';

/** The `Cookie` header of the user's next request; `undefined` when there is nothing to send. */
export function cookieOf({ jar }: Pick<User, 'jar'>): string | undefined {
  const header = jar.getCookieStringSync(ORIGIN);
  return header === '' ? undefined : header;
}

/** Takes over what a response sets or clears. */
export function keepCookies({ jar }: Pick<User, 'jar'>, setCookie: string | readonly string[] | undefined): void {
  for (const header of [setCookie ?? []].flat()) jar.setCookieSync(header, ORIGIN, { ignoreError: true });
}

/** `count` users, nobody logged in. Names are unique to `group`. */
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
