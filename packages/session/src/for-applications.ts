import type { Sessions, SessionsHealth, SessionsOfUsers } from './session.ts';

/** What an application asks of its sessions, beside requests. */
export type ForApplications = SessionsOfUsers & SessionsHealth;

/** Gives `target`, such as a middleware, what an application asks of `sessions`. */
export function giveToApplication<T extends object>(target: T, sessions: Sessions): T & ForApplications {
  const methods = {
    revokeUser: (user: string) => sessions.revokeUser(user),
    ofUser: (user: string) => sessions.ofUser(user),
    end: (user: string, key: string) => sessions.end(user, key),
    ready: () => sessions.ready(),
  };
  // A getter, where `assign` would copy what it says now.
  return Object.defineProperty(Object.assign(target, methods), 'state', {
    get: () => sessions.state,
    enumerable: true,
  }) as T & ForApplications;
}
