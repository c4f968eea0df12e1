import type { Client } from '@sess/client';
import type { SessionStore } from '@sess/session';
import type { AppStatus } from './app-messages.ts';

/** Where an app process keeps its sessions, and what the lab wants to know of it. */
export interface SessionBackend {
  /** For `buildApp`. */
  readonly sessions: { readonly client: Client } | { readonly store: SessionStore };
  /** Resolves when the first node list is in use. */
  ready(): Promise<void>;
  status(): AppStatus;
  close(): Promise<void>;
}
