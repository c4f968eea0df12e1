import { CLUSTER_KEY, type ConfigurationListing } from '../../configuration/configuration-listing.ts';
import type { ItemStore } from '../item-store.ts';
import type { Reply } from '../reply.ts';
import type { ServerStats } from '../stats/server-stats.ts';

/** The state that commands work on. */
export interface CommandContext {
  readonly store: ItemStore;
  readonly stats: ServerStats;
  /** The reply to `config get cluster`; without it the command is unknown, as in a plain memcached. */
  readonly listing: (() => ConfigurationListing) | undefined;
  /** Whether the crawler lists the keys. */
  readonly listsKeys: boolean;
}

/** What follows a command line besides its reply. */
export type Sequel =
  /**
   * `length` bytes and a CRLF follow; then `complete` is called with the bytes, or with `undefined` if the CRLF is
   * missing.
   */
  | {
      readonly kind: 'value';
      readonly length: number;
      readonly complete: (value: Buffer | undefined, reply: Reply) => void;
    }
  /** `length` bytes and two more follow and are discarded. */
  | { readonly kind: 'swallow'; readonly length: number }
  | { readonly kind: 'close' };

/** A command of the text protocol. `words[0]` is its name. */
export type Command = (words: readonly string[], reply: Reply, context: CommandContext) => Sequel | void;

/** Whether the key is the cluster's own: `get` returns the list of nodes, so a client's value could not be read. */
export function isReserved(key: string, { listing }: CommandContext): boolean {
  return listing !== undefined && key === CLUSTER_KEY;
}

/** `stats reset` */
export function resetStats({ store, stats }: CommandContext): void {
  stats.reset();
  store.resetCounts();
}

export const RESERVED: string = `SERVER_ERROR ${CLUSTER_KEY} is kept by the cluster and can't be written`;
export const BAD_FORMAT = 'CLIENT_ERROR bad command line format';
export const BAD_CHUNK = 'CLIENT_ERROR bad data chunk';
export const TOO_LARGE = 'SERVER_ERROR object too large for cache';
export const NO_MEMORY = 'SERVER_ERROR out of memory storing object';
