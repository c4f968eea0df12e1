/** Collects the evidence of a miss: reads the key again, and the nodes' counters. */
import type { MissKnowledge, MissReport } from '../contract.ts';
import type { Cluster } from '../cluster.ts';
import type { CountersOfNodes, NodeCounters, NodeWithStats } from '../node/node-counters.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { causeOfMiss, type Found, type Placement } from './miss-cause.ts';
import { askNodes, type Reply } from './replies.ts';

export interface DiagnosableCluster extends Cluster {
  readonly startedAt: number;
  readonly counters: CountersOfNodes;
  /** One per open view, the current one first; then one per forgotten view in which all owners of the key were lost. */
  placements(key: string): readonly [Placement, ...Placement[]];
  /** Whether everything the node held was copied to others. */
  isEmptied(id: string): boolean;
  node(id: string): ReturnType<Cluster['node']> & NodeWithStats;
}

export async function whyMissing(
  cluster: DiagnosableCluster,
  key: string,
  known: MissKnowledge,
  options: RequestOptions | undefined,
): Promise<MissReport> {
  const placements = cluster.placements(key);
  const emptied = new Set(placements.flatMap(({ owners }) => owners.filter((id) => cluster.isEmptied(id))));
  const isAsked = (id: string, lost: ReadonlySet<string>): boolean => !lost.has(id) && !emptied.has(id);
  const inReach = [...new Set(placements.flatMap(({ owners, lost }) => owners.filter((id) => isAsked(id, lost))))];
  const [replies, counters] = await Promise.all([
    askNodes({ cluster, key, options }, inReach),
    Promise.all(inReach.map(async (id) => [id, await countersOf(cluster, id, known.seenAt)] as const)),
  ]);
  return causeOfMiss({
    ...known,
    now: cluster.clock.now(),
    startedAt: cluster.startedAt,
    found: new Map(replies.map((reply) => [reply.id, foundIn(reply)])),
    placements,
    emptied,
    counters: new Map(counters.flatMap(([id, read]) => (read === undefined ? [] : [[id, read] as const]))),
  });
}

/** `undefined` if the node left meanwhile. */
async function countersOf(
  cluster: DiagnosableCluster,
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
