import type { ClusterNode, Discovery } from '@sess/discovery';

import { badOption } from './option-checks.ts';
import type { Transport } from './transport/transport.ts';

export function staticNodes(list: readonly string[]): Discovery {
  const nodes = list.map((id): ClusterNode => {
    const colon = id.lastIndexOf(':');
    return { id, host: id.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(id.slice(colon + 1)) };
  });
  const topology = { nodes };
  return {
    watch(listener) {
      queueMicrotask(() => listener.topology(topology));
      return { ready: () => Promise.resolve(topology), refresh: () => Promise.resolve(), close: () => undefined };
    },
  };
}

export function elasticache(endpoint: string, _options: object): Discovery {
  throw badOption(`elasticache ${endpoint}`);
}

export function textTransport(): Transport {
  throw badOption('transport must be given');
}
