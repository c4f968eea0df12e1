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

export interface ListenOptions {
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
}

/** A running app. */
export interface RunningApp {
  /** The port on which the app listens. */
  readonly port: number;
  readonly url: string;
  /** Accepts no more requests and resolves when the pending ones are answered. */
  close(): Promise<void>;
}

/** The URL of a server; puts an IPv6 address in brackets. */
export function urlOf({ host, port }: ListenOptions): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Most items in a cart. Sessions must stay small: every request reads them. */
export const MAX_ITEMS = 100;

/** Longest name of a user or an item, in characters. */
export const MAX_LENGTH = 100;
