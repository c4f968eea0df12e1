import type { Client } from '@sess/client';

/** A session library of another project, with a store over `@sess/client` put into it. */
export interface SessionLibrarySubject {
  readonly name: string;
  /** Starts an application with the routes of {@link LibraryApp}, on a free port of this machine. */
  readonly start: (options: LibraryAppOptions) => Promise<LibraryApp>;
  /** The id of the session that a cookie names. */
  readonly sessionId: (cookieValue: string) => string;
  /** What the store puts before the hash of an id. */
  readonly keyPrefix: string;
  /**
   * `touch`: a request that changes nothing moves the expiry and writes nothing. `rewrite`: the library has every
   * request written.
   */
  readonly idle: 'touch' | 'rewrite';
  /** Whether the store is told what a request loaded: then of two requests at once, both changes are kept. */
  readonly tellsBase: boolean;
}

export interface LibraryAppOptions {
  readonly client: Client;
  /** What `/slow` waits for, between loading its session and changing it. */
  readonly gate: () => Promise<void>;
}

/**
 * Its routes, all GET: `/login` makes a new id and sets `user`; `/profile` answers `{ user, cart }`, each `null` where
 * there is none; `/put?key=&value=` sets one key; `/slow?key=&value=` does so after the gate; `/idle` changes nothing
 * after the gate; `/twice?key=&value=` sets, saves, waits for the gate, and sets `${key}2`; `/logout` destroys; `/big`
 * puts two million characters.
 */
export interface LibraryApp {
  readonly origin: string;
  /** Every error that reached the application. */
  readonly errors: readonly unknown[];
  readonly close: () => Promise<void>;
}

/** How long the sessions of the applications live, in seconds. */
export const LIFETIME_SECONDS = 60;
