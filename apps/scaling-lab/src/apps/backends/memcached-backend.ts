import Memcached from 'memcached';
import type { AppConfig } from '../app-messages.ts';
import { ClientPerList, type ClientKind } from './client-per-list.ts';
import { discoveryOf } from '../node-source.ts';
import { PlainStore, type PlainClient } from './plain-store.ts';
import { ANSWER_TIMEOUT_MS, plainBackend, type SessionBackend } from './session-backend.ts';

/**
 * The npm package `memcached` over the list: ketama with the same points as libmemcached, and no knowledge of earlier
 * lists.
 */
export function openMemcachedBackend({ nodes, pollIntervalMs }: AppConfig): SessionBackend {
  const clients = new ClientPerList(MEMCACHED, discoveryOf(nodes, pollIntervalMs));
  return plainBackend(clients, new PlainStore('memcached', memcachedClient(clients)));
}

export const MEMCACHED: ClientKind<Memcached> = {
  library: 'memcached',
  open: (servers) =>
    new Memcached([...servers], {
      timeout: ANSWER_TIMEOUT_MS,
      // By default it makes five attempts to connect, for a minute and a half in all, and retries a failed server after
      // half a minute.
      retries: 0,
      retry: 1_000,
      // By default it gives up after five failures, and runs `ping` five hours later.
      failures: 1_000_000,
    }),
  close: (client) => client.end(),
  giveUpMs: ANSWER_TIMEOUT_MS + 1_000,
};

/** Sends values as text: for binary values, the package uses a deprecated API of Node.js when it reads them. */
export function memcachedClient(clients: ClientPerList<Memcached>): PlainClient {
  const ask = <T>(send: (client: Memcached, done: (error: unknown, answer: T) => void) => void): Promise<T> =>
    clients.request(
      (client) =>
        new Promise((resolve, reject) => send(client, (error, answer) => (error ? reject(error) : resolve(answer)))),
    );
  return {
    get: async (key) => {
      const value = await ask<unknown>((client, done) => client.get(key, done));
      return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
    },
    set: async (key, value, ttlSeconds) => {
      if (!(await ask<boolean>((client, done) => client.set(key, asText(value), ttlSeconds, done))))
        throw new Error('not stored');
    },
    add: async (key, value, ttlSeconds) => {
      try {
        return await ask<boolean>((client, done) => client.add(key, asText(value), ttlSeconds, done));
      } catch (error) {
        if (isNotStored(error)) return false;
        throw error;
      }
    },
    touch: (key, ttlSeconds) =>
      ask<boolean>((client, done) => client.touch(key, ttlSeconds, done as (error: unknown) => void)),
    delete: (key) => ask<boolean>((client, done) => client.del(key, done)),
    close: async () => clients.close(),
  };
}

function asText(value: Uint8Array): string {
  return Buffer.from(value).toString('base64');
}

function isNotStored(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'notStored' in error && error.notStored === true;
}
