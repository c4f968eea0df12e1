import {
  ItemStore,
  StoreError,
  storeOptions,
  wordOption,
  type ExternalStoreOptions,
  type StoredItem,
} from '@sess/external-store';
import type { Driver } from 'unstorage';

export interface SessDriverOptions extends ExternalStoreOptions {
  /** Prefix of all keys of this driver, if several drivers share a cluster. Default: none. */
  readonly base?: string | undefined;
  /**
   * What `getKeys` and `clear` do, because memcached can't list keys: `'error'` (default) rejects with `SESS_STORE`.
   * `'empty'` returns no keys and clears nothing: for a storage whose other mounts are listed.
   */
  readonly onListing?: 'error' | 'empty' | undefined;
  /**
   * What a read does while a node that could hold the item is out of reach: `'error'` (default) rejects with
   * `SESS_UNAVAILABLE`. `'miss'` reports a miss: for caches, which compute a missing item again.
   */
  readonly onUnavailable?: 'error' | 'miss' | undefined;
}

/** All methods of a driver except `watch` and those for raw values; unstorage builds the latter from the others. */
export type SessDriver = Driver<SessDriverOptions, ItemStore> &
  Required<Pick<Driver, 'getItem' | 'setItem' | 'removeItem' | 'getMeta' | 'clear' | 'dispose'>> & {
    /** Resolves once the cluster answers; rejects with `SESS_UNAVAILABLE` if it does not answer yet. */
    ready(): Promise<void>;
  };

/**
 * A driver of unstorage that keeps items in a memcached cluster whose nodes come and go: `createStorage({ driver: sess({
 * servers }) })`.
 *
 * Times to live are in seconds: `setItem(key, value, { ttl: 60 })`, otherwise `ttlSeconds`, by default a day.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export default function sess(options: SessDriverOptions): SessDriver {
  // Nitro passes its whole configuration entry to the driver, including the driver's name.
  const {
    base = '',
    onListing = 'error',
    onUnavailable = 'error',
    driver: _driver,
    ...rest
  } = storeOptions((options ?? {}) as SessDriverOptions & { readonly driver?: unknown });
  checkBase(base);
  wordOption('onListing', onListing, ['error', 'empty']);
  wordOption('onUnavailable', onUnavailable, ['error', 'miss']);
  const items = new ItemStore(rest, { keyPrefix: 'u/' });
  const keyOf = (key: string): string => (base === '' ? key : `${base}:${key}`);
  const read = async (key: string): Promise<StoredItem | undefined> => {
    try {
      return await items.get(keyOf(key));
    } catch (error) {
      if (onUnavailable === 'miss' && StoreError.is(error) && error.code === 'SESS_UNAVAILABLE') return undefined;
      throw error;
    }
  };
  const refuseListing = (): void => {
    if (onListing === 'empty') return;
    throw new StoreError(
      'SESS_STORE',
      'memcached can\'t list or clear the keys of one application. Keep a list of keys as an item of its own, or set onListing: "empty" where nothing relies on it',
    );
  };
  return {
    name: 'sess',
    flags: { ttl: true },
    // Without `servers` and `client`: applications log their storage, and these may hold a password.
    options: { base, onListing, onUnavailable },
    getInstance: () => items,
    ready: () => items.ready(),
    hasItem: async (key) => (await read(key)) !== undefined,
    getItem: async (key) => (await read(key))?.text ?? null,
    setItem: async (key, value, given) => {
      await items.set(keyOf(key), value, { ttlSeconds: lifetimeIn(given) });
    },
    removeItem: async (key) => {
      await items.remove(keyOf(key));
    },
    getMeta: async (key) => {
      const item = await read(key);
      return item?.ttlSeconds === undefined ? null : { ttl: item.ttlSeconds };
    },
    getKeys: async () => {
      refuseListing();
      return [];
    },
    clear: async () => refuseListing(),
    dispose: () => items.close(),
  };
}

/** In unstorage, a `ttl` of 0 means the driver's default. */
function lifetimeIn(given: { readonly ttl?: number } | undefined): number | undefined {
  return given?.ttl === 0 ? undefined : given?.ttl;
}

function checkBase(base: unknown): void {
  if (typeof base !== 'string')
    throw new StoreError('SESS_BAD_OPTION', `option "base" is ${typeof base}; expected a text that keys begin with`);
}
