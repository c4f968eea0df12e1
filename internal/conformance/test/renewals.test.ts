import { createClient, textTransport, type ClientOptions } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { memjsTransport } from '@sess/memjs-transport';
import { memoryStore } from '@sess/session';
import { inject } from 'vitest';
import { renewalConformance } from '../src/index.ts';

renewalConformance({
  name: 'memory',
  async open() {
    const store = memoryStore();
    return { servers: [{ store }, { store }], [Symbol.asyncDispose]: () => store.close() };
  },
});

const transports: readonly (readonly [string, Partial<ClientOptions>])[] = [
  ['the meta dialect', { transport: textTransport({ dialect: 'meta' }) }],
  ['the classic dialect', { transport: textTransport({ dialect: 'classic' }) }],
  ['memjs', { transport: memjsTransport() }],
  ['two copies', { copies: 2 }],
];

const [runtime = 'embedded'] = inject('mainRuntimes');
for (const [name, options] of transports) {
  renewalConformance({
    name: `memcached, ${runtime}, ${name}`,
    async open() {
      const cluster = await startLocalCluster({ nodes: 2, runtime });
      const clients = [1, 2].map(() => createClient({ servers: cluster.url, ...options }));
      await Promise.all(clients.map((client) => client.ready()));
      const [one, two] = clients;
      return {
        servers: [{ client: one }, { client: two }],
        async [Symbol.asyncDispose]() {
          await Promise.all(clients.map((client) => client.close()));
          await cluster.close();
        },
      };
    },
  });
}
