import { openCluster, type Cluster, type ClusterOptions } from '@sess/session';
import { rethrow } from './errors.ts';

/**
 * Give exactly one of `servers` and a shared `client`. `ttlSeconds` defaults to 86,400 (one day), unless the store has
 * another default.
 */
export type ExternalStoreOptions = ClusterOptions;

const DEFAULT_TTL_SECONDS = 86_400;

/**
 * Checks the options, then opens a client if `servers` was given.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export function openStore(
  options: ExternalStoreOptions,
  keyPrefix: string,
  ttlSeconds: number = DEFAULT_TTL_SECONDS,
): Cluster {
  try {
    return openCluster(options, { ttlSeconds, keyPrefix });
  } catch (error) {
    rethrow(error);
  }
}
