import type { SessionsOptions } from '@sess/session';
import type { StartedApp } from '../suite/subject.ts';

declare module '@sess/session' {
  interface SessionData {
    cart?: string[];
    returnTo?: string;
  }
}

/** Libraries for logins, messages and CSRF tokens of one framework. */
export interface LoginSubject {
  readonly name: string;
  /**
   * Starts an application with these routes. Every POST needs a token, in the field `_csrf`.
   *
   * - GET `/login`: `{ messages, token }`; the messages are shown once.
   * - POST `/login` with `name` and `password`: a login, or back to `/login` with a message. `/login/keeping`: the
   *   login keeps what the session had.
   * - POST `/logout`, and where the library can, `/logout/keeping`.
   * - GET `/account`: `{ user, cart }`; who is not logged in is sent to `/login`, and comes back afterwards where the
   *   login keeps that.
   * - GET `/shop`: `{ user, cart, token }`, for everybody. POST `/cart` with `item`.
   */
  readonly start: (sessions: SessionsOptions) => Promise<StartedApp>;
  /** Whether its logout can keep the rest of the session. */
  readonly logoutCanKeep: boolean;
  /** How many times a failed login tells why. */
  readonly waysToTell: number;
}

export interface Account {
  readonly name: string;
}

export const PASSWORD = 'correct horse battery staple';

/** Checks a password as a strategy of Passport does. */
export function checkPassword(
  name: string,
  password: string,
  done: (error: unknown, user?: Account | false, info?: { type: string; message: string }) => void,
): void {
  if (password !== PASSWORD) return done(null, false, { type: 'error', message: 'wrong name or password' });
  done(null, { name });
}
