import { openCluster, type Cluster, type ClusterOptions } from '@sess/session';
import { rethrow } from './errors.ts';

/** Exactly one of `servers` and a shared `client` is needed. `ttlSeconds` defaults to 86,400, one day. */
export type ExternalStoreOptions = ClusterOptions;

const DEFAULT_TTL_SECONDS = 86_400;

/**
 * Checks the options, then opens a client where `servers` was given.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export function openStore(options: ExternalStoreOptions, keyPrefix: string): Cluster {
  try {
    return openCluster(options, { ttlSeconds: DEFAULT_TTL_SECONDS, keyPrefix });
  } catch (error) {
    rethrow(error);
  }
}
