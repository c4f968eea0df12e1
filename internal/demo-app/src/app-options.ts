import type { Client } from '@sess/client';
import type { Backing, BackingLimits, SessionStore } from '@sess/session';

/** Where sessions are stored: in a client or store that the caller opens and closes. */
export type AppOptions = {
  /** Signs the session cookies; at least 32 bytes. */
  readonly secret: string;
  /** Idle timeout of a session, in seconds. Default 3,600. */
  readonly ttlSeconds?: number;
} & (ClientAndBacking | { readonly store: SessionStore });

interface ClientAndBacking {
  readonly client: Client;
  /** A database behind the nodes. The app closes it after pending writes. */
  readonly backing?: Backing | undefined;
  /** Limits of the app's use of the database. */
  readonly backingLimits?: BackingLimits | undefined;
}
