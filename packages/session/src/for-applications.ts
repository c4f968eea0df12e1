import type { Sessions, SessionsHealth, SessionsOfUsers } from './session.ts';

/** The methods that an application calls outside of requests. */
type ForApplications = SessionsOfUsers & SessionsHealth;

/** Adds those methods of `sessions` to `target`, such as a middleware. */
export function giveToApplication<T extends object>(target: T, sessions: Sessions): T & ForApplications {
  const methods = {
    revokeUser: (user: string) => sessions.revokeUser(user),
    ofUser: (user: string) => sessions.ofUser(user),
    end: (user: string, key: string) => sessions.end(user, key),
    ready: () => sessions.ready(),
  };
  // A getter, because `assign` would copy the present value.
  return Object.defineProperty(Object.assign(target, methods), 'state', {
    get: () => sessions.state,
    enumerable: true,
  }) as T & ForApplications;
}
