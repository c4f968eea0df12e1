/** Gathers the evidence of a miss: asks the nodes once more, and for their counters. */
import type { MissKnowledge, MissReport } from '../contract.ts';
import type { Cluster } from '../cluster.ts';
import type { CountersOfNodes, NodeCounters, TellingNode } from '../node/node-counters.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { causeOfMiss, type Found, type Placement } from './miss-cause.ts';
import { askNodes, type Reply } from './replies.ts';

/** What is asked of a cluster besides {@link Cluster}. */
export interface CluedCluster extends Cluster {
  readonly startedAt: number;
  readonly counters: CountersOfNodes;
  /** In all open views, the current one first; then in those that were forgotten though all owners of the key were lost. */
  placements(key: string): readonly [Placement, ...Placement[]];
  /** Whether all that the node held was brought elsewhere. */
  isEmptied(id: string): boolean;
  node(id: string): ReturnType<Cluster['node']> & TellingNode;
}

export async function whyMissing(
  cluster: CluedCluster,
  key: string,
  known: MissKnowledge,
  options: RequestOptions | undefined,
): Promise<MissReport> {
  const placements = cluster.placements(key);
  const emptied = new Set(placements.flatMap(({ owners }) => owners.filter((id) => cluster.isEmptied(id))));
  const isAsked = (id: string, lost: ReadonlySet<string>): boolean => !lost.has(id) && !emptied.has(id);
  const inReach = [...new Set(placements.flatMap(({ owners, lost }) => owners.filter((id) => isAsked(id, lost))))];
  const [replies, told] = await Promise.all([
    askNodes(cluster, key, inReach, options),
    Promise.all(inReach.map(async (id) => [id, await countersOf(cluster, id, known.seenAt)] as const)),
  ]);
  return causeOfMiss({
    ...known,
    now: cluster.clock.now(),
    startedAt: cluster.startedAt,
    found: new Map(replies.map((reply) => [reply.id, foundIn(reply)])),
    placements,
    emptied,
    counters: new Map(told.flatMap(([id, counters]) => (counters === undefined ? [] : [[id, counters] as const]))),
  });
}

/** A node may leave while it is asked. */
async function countersOf(
  cluster: CluedCluster,
  id: string,
  since: number | undefined,
): Promise<NodeCounters | undefined> {
  try {
    return await cluster.counters.of(cluster.node(id), since);
  } catch {
    return undefined;
  }
}

function foundIn({ entry, failure }: Reply): Found {
  if (failure !== undefined) return 'silent';
  return entry === undefined || entry.kind === 'moved' ? 'nothing' : entry.kind;
}
