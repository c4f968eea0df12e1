import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Session, SessionsHealth, SessionsOfUsers, SessionsOptions } from '@sess/session';

declare module '@sess/session' {
  interface SessionData {
    user?: string;
    note?: string;
  }
}

/** A framework with its adapter. */
export interface AdapterSubject {
  readonly name: string;
  /** Gives these options to the framework as they are. Rejects as it does. */
  readonly register: (options: object) => Promise<unknown>;
  /** Starts an application on a free port of this machine. */
  readonly start: (options: AdapterAppOptions) => Promise<AdapterApp>;
}

export interface AdapterAppOptions {
  readonly sessions: SessionsOptions;
  /** What answers a GET of a path with what it returns: a stream as it is, else as JSON. A path that begins with `/ignored` has no session. */
  readonly routes: Readonly<Record<string, (exchange: Exchange) => unknown>>;
  /** Whether the framework trusts what a proxy forwards. Default `false`. */
  readonly trustProxy?: boolean | undefined;
  /** A logger, an error handler and late hooks ask for the session's user, as people write them. */
  readonly asksForUser?: boolean | undefined;
  /**
   * Runs after the handler, where headers can still be set: an `onSend` hook that was added last, a middleware around
   * that of the sessions.
   */
  readonly last?: ((exchange: Exchange) => void) | undefined;
}

/** One request and its response, whatever the framework. */
export interface Exchange {
  readonly session: Session;
  readonly header: (name: string, value: string) => void;
  readonly status: (code: number) => void;
  /** The response, which the framework leaves alone from now on. */
  readonly takeOver: () => ServerResponse;
  /** Resolves when the connection to the browser has closed. */
  readonly disconnected: () => Promise<unknown>;
  /** What the framework calls the owner of `session`: the request or the context. */
  readonly owner: object;
}

/** An application that takes requests. */
export interface StartedApp {
  readonly origin: string;
  /** Errors that were logged, or told to the application. */
  readonly errors: readonly unknown[];
  readonly close: () => Promise<void>;
}

export interface AdapterApp extends StartedApp {
  readonly sessions: SessionsOfUsers & SessionsHealth;
  /** Ends it as the adapter's README says: the requests that are under way are answered. */
  readonly stop: () => Promise<void>;
  /** What was logged, as text. */
  readonly lines: readonly string[];
  /** What the log was told of the store's outages. */
  readonly outages: readonly string[];
  /** What {@link AdapterAppOptions.asksForUser} got. */
  readonly users: readonly unknown[];
}

/** The socket of a response that was taken over. Throws if the response has none. */
export function socketOf({ socket }: ServerResponse): Socket {
  if (socket === null) throw new Error('the response that was taken over has no socket');
  return socket;
}
