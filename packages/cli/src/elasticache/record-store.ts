import type { Client } from '@sess/client';

/** Stores records about the work in the cluster itself. */
export type RecordStore = Pick<Client, 'get' | 'set' | 'touch'>;

/** No record lives longer than `longestSeconds`: tests of nodes that list no keys wait for the longest time to live. */
export function recordStore(client: RecordStore, longestSeconds: number = Infinity): RecordStore {
  const capped = (ttlSeconds: number): number => Math.min(ttlSeconds, longestSeconds);
  return {
    get: (key, options) => client.get(key, options),
    set: (key, value, options) => client.set(key, value, { ...options, ttlSeconds: capped(options.ttlSeconds) }),
    touch: (key, ttlSeconds, options) => client.touch(key, capped(ttlSeconds), options),
  };
}
