import { shares } from '@sess/hash-ring';
import type { NodeHealth, NodeTransport, StatsSection } from '@sess/client';

import { ringOf } from './ring.ts';
import type { ObservedCluster } from './observed-cluster.ts';
import type { ClusterSettings } from './settings.ts';

/** Everything known about one node. */
export interface NodeReport {
  readonly id: string;
  readonly health: NodeHealth;
  /** Whether discovery lists it. An unlisted node is still asked for older sessions. */
  readonly isListed: boolean;
  readonly drain: 'draining' | 'drained' | undefined;
  /** Its availability zone; `undefined` if unknown. */
  readonly zone: string | undefined;
  /** Share of the sessions that it owns, 0 to 1; `undefined` if it is not in rotation. */
  readonly share: number | undefined;
  /** Its own figures; `undefined` if it does not report them. */
  readonly figures: NodeFigures | undefined;
  /** Why `figures` is missing. */
  readonly error: string | undefined;
}

/** memcached's own counters, since it started. */
export interface NodeFigures {
  readonly version: string;
  readonly uptimeSeconds: number;
  /** The node's clock, milliseconds since 1970, in whole seconds. */
  readonly time: number;
  /** Proven difference from this machine's clock, milliseconds. */
  readonly clockOffsetMs: number;
  readonly items: number;
  readonly bytes: number;
  readonly limitBytes: number;
  readonly evictions: number;
  readonly connections: number;
  readonly maxConnections: number;
  readonly rejectedConnections: number;
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  /** Misses because the item had expired. */
  readonly expired: number;
  /** Misses because the node had been flushed. */
  readonly flushed: number;
  /** Number of flushes. */
  readonly flushes: number;
}

/** Reports on all nodes in use: the listed ones in the order of the list, then those that left it. */
export async function nodeReports(
  observed: ObservedCluster,
  settings: ClusterSettings,
): Promise<readonly NodeReport[]> {
  const { client, nodes } = observed;
  const { topology } = client;
  const listed = topology.nodes.map(({ id }) => id);
  const owned = shares(ringOf(topology, settings));
  const ids = [...listed, ...[...nodes.keys()].filter((id) => !listed.includes(id))];
  return Promise.all(
    ids.map(async (id): Promise<NodeReport> => {
      const asked = await askFigures(nodes.get(id));
      return {
        id,
        health: topology.states.get(id) ?? (asked.figures === undefined ? 'down' : 'up'),
        isListed: listed.includes(id),
        drain: topology.drains.get(id),
        zone: topology.nodes.find((node) => node.id === id)?.zone,
        share: owned.get(id),
        ...asked,
      };
    }),
  );
}

async function askFigures(node: NodeTransport | undefined): Promise<Pick<NodeReport, 'figures' | 'error'>> {
  const before = Date.now();
  const asked = await askStats(node, 'general');
  if (asked instanceof Error) return { figures: undefined, error: asked.message };
  const number = (name: string): number => Number(asked.get(name) ?? 0);
  const time = 1_000 * number('time');
  return {
    error: undefined,
    figures: {
      version: asked.get('version') ?? '',
      uptimeSeconds: number('uptime'),
      time,
      clockOffsetMs: offsetMs(time, before, Date.now()),
      items: number('curr_items'),
      bytes: number('bytes'),
      limitBytes: number('limit_maxbytes'),
      evictions: number('evictions'),
      connections: number('curr_connections'),
      maxConnections: number('max_connections'),
      rejectedConnections: number('rejected_connections') + number('listen_disabled_num'),
      requests: number('cmd_get') + number('cmd_set') + number('cmd_touch'),
      hits: number('get_hits'),
      misses: number('get_misses'),
      expired: number('get_expired'),
      flushed: number('get_flushed'),
      flushes: number('cmd_flush'),
    },
  };
}

/** A section of the node's statistics, or the reason why it is missing. */
export async function askStats(
  node: NodeTransport | undefined,
  section: StatsSection,
): Promise<ReadonlyMap<string, string> | Error> {
  try {
    return (await node?.stats?.(section)) ?? new Error('it is not connected to');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** How many items the node holds; `undefined` if it does not report its statistics. */
export async function itemsOn(node: NodeTransport | undefined): Promise<number | undefined> {
  const stats = await askStats(node, 'general');
  return stats instanceof Error ? undefined : Number(stats.get('curr_items') ?? Number.NaN);
}

/** The node reports whole seconds. An offset within one second plus the round trip is not provable and counts as 0. */
function offsetMs(time: number, before: number, after: number): number {
  if (time > after) return time - after;
  return time + 1_000 < before ? time + 1_000 - before : 0;
}
