import type { Client } from '@sess/client';
import type { SessionStore } from '@sess/session';

/** Where the sessions are: in a client or a store that the caller opened, and closes. */
export type AppOptions = {
  /** Signs the session cookies; at least 32 bytes. */
  readonly secret: string;
  /** Idle timeout of a session, in seconds. Default 3,600. */
  readonly ttlSeconds?: number;
} & ({ readonly client: Client } | { readonly store: SessionStore });
