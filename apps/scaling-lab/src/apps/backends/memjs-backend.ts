import memjs, { type Client } from 'memjs';
import type { AppConfig } from '../app-messages.ts';
import { ClientPerList, type ClientKind } from './client-per-list.ts';
import { discoveryOf } from '../node-source.ts';
import { PlainStore, type PlainClient } from './plain-store.ts';
import { ANSWER_TIMEOUT_MS, plainBackend, type SessionBackend } from './session-backend.ts';

/** memjs over the list. It routes by `hash(key) % servers`, also to nodes that are down. */
export function openMemjsBackend({ nodes, pollIntervalMs }: AppConfig): SessionBackend {
  const clients = new ClientPerList(MEMJS, discoveryOf(nodes, pollIntervalMs));
  return plainBackend(clients, new PlainStore('memjs', memjsClient(clients)));
}

export const MEMJS: ClientKind<Client> = {
  library: 'memjs',
  open: (servers) =>
    memjs.Client.create(servers.join(','), { timeout: ANSWER_TIMEOUT_MS / 1_000, logger: { log: () => undefined } }),
  close: (client) => client.close(),
  // Two attempts, with a pause of 200 ms between them.
  giveUpMs: 2 * ANSWER_TIMEOUT_MS + 1_000,
};

export function memjsClient(clients: ClientPerList<Client>): PlainClient {
  return {
    get: async (key) => (await clients.request((client) => client.get(key))).value ?? undefined,
    set: async (key, value, expires) =>
      void (await clients.request((client) => client.set(key, Buffer.from(value), { expires }))),
    add: (key, value, expires) => clients.request((client) => client.add(key, Buffer.from(value), { expires })),
    touch: (key, ttlSeconds) => clients.request((client) => client.touch(key, ttlSeconds)),
    delete: (key) => clients.request((client) => client.delete(key)),
    close: async () => clients.close(),
  };
}
