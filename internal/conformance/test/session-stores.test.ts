import { createClient, type Client } from '@sess/client';
import { startLocalCluster, type Runtime } from '@sess/local-cluster';
import { memjsTransport } from '@sess/memjs-transport';
import { memcachedStore, memoryStore } from '@sess/session';
import { inject } from 'vitest';
import { sessionStoreConformance } from '../src/session-store-suite.ts';
import type { SessionStoreBench } from '../src/session-store/bench.ts';
import { until } from '../src/until.ts';

sessionStoreConformance({
  name: 'memory',
  tellsTtl: true,
  listsUsers: true,
  async open() {
    let time = Date.UTC(2026, 0, 1);
    const store = memoryStore({ now: () => time });
    return {
      store,
      other: store,
      passSeconds: (seconds) => void (time += seconds * 1_000),
      [Symbol.asyncDispose]: () => store.close(),
    };
  },
});

/** Under the item limit of memcached, with room for the record's header. */
const MAX_VALUE_BYTES = 1_048_000;

for (const runtime of inject('conformanceRuntimes')) {
  sessionStoreConformance({
    name: `memcached, ${runtime}`,
    tellsTtl: true,
    maxBytes: MAX_VALUE_BYTES,
    open: () => memcachedBench(runtime, (servers) => createClient(servers)),
  });
}

sessionStoreConformance({
  name: 'memcached, embedded, over memjs',
  tellsTtl: false,
  maxBytes: MAX_VALUE_BYTES,
  open: () => memcachedBench('embedded', (servers) => createClient({ servers, transport: memjsTransport() })),
});

async function memcachedBench(runtime: Runtime, connect: (servers: string) => Client): Promise<SessionStoreBench> {
  const cluster = await startLocalCluster({ nodes: 2, runtime });
  const servers = `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`;
  const clients = [connect(servers), connect(servers)] as const;
  await Promise.all(clients.map((client) => client.ready()));
  const [store, other] = [memcachedStore(clients[0]), memcachedStore(clients[1])];
  return {
    store,
    other,
    passSeconds: () => {},
    async outage() {
      for (const { id } of cluster.nodes) await cluster.crashNode(id);
      return async () => {
        for (const { id } of cluster.nodes) await cluster.restartNode(id);
        await until('the nodes are back', () => store.touch('s/anything', 60));
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await cluster.close();
    },
  };
}
