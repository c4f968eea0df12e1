import type { Client } from '@sess/client';
import type { Backing, BackingLimits, SessionStore } from '@sess/session';
import type { AppStatus } from '../app-messages.ts';

/**
 * How long every strategy waits for a node's answer, in milliseconds: longer than by default, so that a busy machine is
 * not taken for a node out of reach.
 */
export const ANSWER_TIMEOUT_MS = 2_000;
/** How long an app process may take to have its first node list, in milliseconds. */
export const READY_TIMEOUT_MS = 20_000;

/** Where an app process keeps its sessions, and what the lab wants to know of it. */
export interface SessionBackend {
  /** For `buildApp`. */
  readonly sessions: ClientAndBacking | { readonly store: SessionStore };
  /** Resolves when the first node list is in use. */
  ready(): Promise<void>;
  status(): AppStatus;
  /** Empties a node before it is taken away; `undefined` where the library can't. */
  readonly drain: ((node: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** The app closes the backing, if there is one, with itself. */
export interface ClientAndBacking {
  readonly client: Client;
  readonly backing?: Backing;
  readonly backingLimits?: BackingLimits;
}

/** Of a library that is given each list anew. */
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
