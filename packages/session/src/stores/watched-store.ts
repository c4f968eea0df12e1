import type { OutageLog } from '../lifecycle/outage-log.ts';
import type { SessionStore } from './session-store.ts';

/** Wraps `store` and reports its failures and successes to the log of outages. */
export function watchedStore(store: SessionStore, outages: OutageLog): SessionStore {
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
    name: store.name,
    get state() {
      return store.state ?? 'ready';
    },
    ready: async () => store.ready?.(),
    load: (key, options) => watch(key, store.load(key, options)),
    save: (key, value, options) => watch(key, store.save(key, value, options)),
    touch: (key, ttlSeconds, options) => watch(key, store.touch(key, ttlSeconds, options)),
    destroy: (key, ttlSeconds, options) => watch(key, store.destroy(key, ttlSeconds, options)),
    ...(store.places && { places: store.places.bind(store) }),
    ...(store.ofUser && { ofUser: store.ofUser.bind(store) }),
    close: () => store.close(),
  };
}
