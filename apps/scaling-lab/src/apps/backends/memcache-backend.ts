import { Memcache } from 'memcache';
import type { AppConfig } from '../app-messages.ts';
import type { NodeSource } from '../node-source.ts';
import { PlainStore, type PlainClient } from './plain-store.ts';
import { ANSWER_TIMEOUT_MS, type SessionBackend } from './session-backend.ts';

/**
 * The npm package `memcache`: its own ketama ring, and its own discovery, which adds and removes nodes as the list
 * changes.
 */
export function openMemcacheBackend({ nodes, pollIntervalMs }: AppConfig): SessionBackend {
  const client = openMemcache(nodes, pollIntervalMs);
  return {
    sessions: { store: new PlainStore('memcache', memcacheClient(client)) },
    ready: () => client.connect(),
    status: () => ({ nodes: client.nodeIds, down: [], restored: undefined, handovers: undefined, misses: [] }),
    drain: undefined,
    close: () => client.disconnect(),
  };
}

export function openMemcache(source: NodeSource, pollIntervalMs: number): Memcache {
  const client = new Memcache({
    timeout: ANSWER_TIMEOUT_MS,
    ...(source.kind === 'list'
      ? { nodes: [...source.nodes] }
      : {
          nodes: [],
          autoDiscover: { enabled: true, configEndpoint: source.endpoint, pollingInterval: pollIntervalMs },
        }),
  });
  // It emits errors of broken connections, which would throw without a listener.
  client.on('error', () => undefined);
  return client;
}

/** The package itself reports a request that fails on an open connection as a miss, or as `false`. */
export function memcacheClient(client: Memcache): PlainClient {
  return {
    get: async (key) => {
      const value = await client.get(key);
      return value === undefined ? undefined : Buffer.from(value, 'base64');
    },
    set: async (key, value, ttlSeconds) => {
      if (!(await client.set(key, asText(value), ttlSeconds))) throw new Error('not stored');
    },
    add: (key, value, ttlSeconds) => client.add(key, asText(value), ttlSeconds),
    touch: (key, ttlSeconds) => client.touch(key, ttlSeconds),
    delete: (key) => client.delete(key),
    close: () => client.disconnect(),
  };
}

/** The package stores text only. */
function asText(value: Uint8Array): string {
  return Buffer.from(value).toString('base64');
}
