import { clusterOptions, openCluster, type Cluster, type ClusterOptions } from '@sess/session';
import { rethrow, StoreError } from './errors.ts';

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

/**
 * A copy of the options of a store, which has some of its own among them.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export function storeOptions<T extends ExternalStoreOptions>(given: T): T {
  try {
    return clusterOptions(given);
  } catch (error) {
    rethrow(error);
  }
}

/**
 * The option `name`, which is one of several words.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export function wordOption<Word extends string>(name: string, given: unknown, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  // Anything else than a word may be a misplaced secret.
  const came =
    typeof given === 'string' && /^[\w-]{1,20}$/.test(given) ? `"${given}"` : `a value of type ${typeof given}`;
  const expected = words.map((word) => `"${word}"`).join(' or ');
  throw new StoreError('SESS_BAD_OPTION', `option "${name}" is ${came}; expected ${expected}`);
}
