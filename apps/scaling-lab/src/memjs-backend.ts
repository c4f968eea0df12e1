import { elasticache } from '@sess/discovery';
import type { AppConfig } from './app-messages.ts';
import { MemjsCluster } from './memjs-cluster.ts';
import { MemjsStore } from './memjs-store.ts';
import type { SessionBackend } from './session-backend.ts';

/** memjs over the endpoint's list. It knows nothing of nodes that are down. */
export function openMemjsBackend({ endpoint, pollIntervalMs }: AppConfig): SessionBackend {
  const cluster = new MemjsCluster(elasticache(endpoint, { pollIntervalMs }));
  const store = new MemjsStore(cluster);
  return {
    sessions: { store },
    ready: () => cluster.ready(),
    status: () => ({ nodes: cluster.nodes, down: [] }),
    close: () => store.close(),
  };
}
