import type { Client } from '@sess/client';
import type { SessionStore } from '@sess/session';
import type { AppStatus } from './app-messages.ts';

/** How long either strategy waits for a node's answer, in milliseconds: longer than by default, so that a busy machine is not taken for a node out of reach. */
export const ANSWER_TIMEOUT_MS = 2_000;
/** How long an app process may take to have its first node list, in milliseconds. */
export const READY_TIMEOUT_MS = 20_000;

/** Where an app process keeps its sessions, and what the lab wants to know of it. */
export interface SessionBackend {
  /** For `buildApp`. */
  readonly sessions: { readonly client: Client } | { readonly store: SessionStore };
  /** Resolves when the first node list is in use. */
  ready(): Promise<void>;
  status(): AppStatus;
  close(): Promise<void>;
}
