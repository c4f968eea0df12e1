import type { Client } from '@sess/client';

/** A session library of another project, with a store over `@sess/client`. */
export interface SessionLibrarySubject {
  readonly name: string;
  /** Starts an application with the routes of {@link LibraryApp}, on a free port of this machine. */
  readonly start: (options: LibraryAppOptions) => Promise<LibraryApp>;
  /** The session id in a cookie. */
  readonly sessionId: (cookieValue: string) => string;
  /** The store's prefix before the hash of an id. */
  readonly keyPrefix: string;
  /**
   * `touch`: a request without changes only extends the time to live. `rewrite`: the library saves on every request.
   */
  readonly idle: 'touch' | 'rewrite';
  /** Whether the store knows what a request loaded, so that it keeps the changes of two concurrent requests. */
  readonly tellsBase: boolean;
}

export interface LibraryAppOptions {
  readonly client: Client;
  /** Awaited by `/slow` between loading its session and changing it. */
  readonly gate: () => Promise<void>;
}

/**
 * Routes, all GET: `/login` renews the id and sets `user`; `/profile` returns `{ user, cart }`, each `null` if missing;
 * `/put?key=&value=` sets one key; `/slow?key=&value=` does so after the gate; `/idle` waits for the gate and changes
 * nothing; `/twice?key=&value=` sets, saves, waits for the gate, and sets `${key}2`; `/logout` destroys; `/big` stores
 * two million characters.
 */
export interface LibraryApp {
  readonly origin: string;
  /** All errors that reached the application. */
  readonly errors: readonly unknown[];
  readonly close: () => Promise<void>;
}

/** Time to live of the applications' sessions, in seconds. */
export const LIFETIME_SECONDS = 60;
