import { badOption } from '../options/option-checks.ts';

const claimed = new WeakMap<object, Set<string>>();

/**
 * Refuses a cookie name that other sessions of the application use. With one name, a login in one set of sessions logs
 * the user out of the other; with one secret as well, a session of one is valid in the other.
 *
 * @param application The object that both sets of sessions share: the server or the application.
 * @throws {SessionError} `SESS_BAD_OPTION` when the name is taken.
 */
export function claimCookieNames(application: object, names: readonly string[]): void {
  const taken = claimed.get(application) ?? new Set();
  const again = names.find((name) => taken.has(name));
  if (again !== undefined) {
    throw badOption(
      'cookie.name',
      again,
      'a name that no other sessions of this application use: with one name the browser keeps only one of the two. ' +
        'Give each its own name, or register sessions once, around everything that shares them',
    );
  }
  claimed.set(application, new Set([...taken, ...names]));
}
