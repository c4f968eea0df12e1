import type { Client } from '@sess/client';
import type { Backing, BackingLimits, SessionStore } from '@sess/session';

/** Where the sessions are: in a client or a store that the caller opened, and closes. */
export type AppOptions = {
  /** Signs the session cookies; at least 32 bytes. */
  readonly secret: string;
  /** Idle timeout of a session, in seconds. Default 3,600. */
  readonly ttlSeconds?: number;
} & (ClientAndBacking | { readonly store: SessionStore });

interface ClientAndBacking {
  readonly client: Client;
  /** A database behind the nodes. It is closed with the app, when what waits for it is written. */
  readonly backing?: Backing | undefined;
  /** Bounds on what the app asks of the database. */
  readonly backingLimits?: BackingLimits | undefined;
}
