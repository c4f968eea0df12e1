import type { Client } from '@sess/client';
import type { Backing, BackingLimits, SessionStore } from '@sess/session';
import type { AppStatus } from '../app-messages.ts';

/**
 * Timeout of a node's answer for every strategy, in milliseconds: longer than the default, so that a busy machine does
 * not look like a node out of reach.
 */
export const ANSWER_TIMEOUT_MS = 2_000;
/** How long an app process may take to have its first node list, in milliseconds. */
export const READY_TIMEOUT_MS = 20_000;

/** The session storage of an app process, with what the lab needs to observe and control it. */
export interface SessionBackend {
  /** For `buildApp`. */
  readonly sessions: ClientAndBacking | { readonly store: SessionStore };
  /** Resolves when the first node list is in use. */
  ready(): Promise<void>;
  status(): AppStatus;
  /** Drains a node; `undefined` if the library can't. */
  readonly drain: ((node: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** The app closes the backing, if there is one, when it closes. */
export interface ClientAndBacking {
  readonly client: Client;
  readonly backing?: Backing;
  readonly backingLimits?: BackingLimits;
}

/** The backend of a library that gets a new client for each list. */
export function plainBackend(
  clients: { ready(): Promise<void>; readonly nodes: readonly string[] },
  store: SessionStore,
): SessionBackend {
  return {
    sessions: { store },
    ready: () => clients.ready(),
    status: () => ({ nodes: clients.nodes, down: [], restored: undefined, handovers: undefined, misses: [] }),
    drain: undefined,
    close: () => store.close(),
  };
}
