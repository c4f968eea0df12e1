import type { OutageLog } from '../../lifecycle/outage-log.ts';
import type { SessionStore } from '../session-store.ts';

/** The cache, with its failures and successes reported to the log of outages. */
export function watchedCache(cache: SessionStore, outages: OutageLog): SessionStore {
  const watch = async <T>(key: string, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      outages.succeeded(key);
      return result;
    } catch (error) {
      outages.failed(key, error);
      throw error;
    }
  };
  return {
    name: cache.name,
    get state() {
      return cache.state ?? 'ready';
    },
    ready: async () => cache.ready?.(),
    load: (key, options) => watch(key, cache.load(key, options)),
    save: (key, value, options) => watch(key, cache.save(key, value, options)),
    touch: (key, ttlSeconds, options) => watch(key, cache.touch(key, ttlSeconds, options)),
    destroy: (key, ttlSeconds, options) => watch(key, cache.destroy(key, ttlSeconds, options)),
    ...(cache.places && { places: cache.places.bind(cache) }),
    ...(cache.ofUser && { ofUser: cache.ofUser.bind(cache) }),
    close: () => cache.close(),
  };
}
