/** What happened on each node between two polls. */
import type { NodeFigures, NodeReport } from './node-report.ts';

/** The increase of a node's counters between two polls. */
export interface NodeGrowth {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  /** Part of the misses. */
  readonly expired: number;
  /** Part of the misses. */
  readonly flushed: number;
  readonly evictions: number;
}

/** The command's own reads. */
export interface Looks {
  readonly requests: number;
  readonly misses: number;
}

const NOTHING: NodeGrowth = { requests: 0, hits: 0, misses: 0, expired: 0, flushed: 0, evictions: 0 };
const COUNTERS = ['requests', 'hits', 'misses', 'expired', 'flushed', 'evictions'] as const;

/** Increases by node id, for nodes that reported both times. Without `looks`, the command's own reads. */
export function growth(
  before: readonly NodeReport[],
  after: readonly NodeReport[],
  looks: ReadonlyMap<string, Looks> = new Map(),
): ReadonlyMap<string, NodeGrowth> {
  const earlier = new Map(before.map(({ id, figures }) => [id, figures]));
  return new Map(
    after.flatMap(({ id, figures }) => {
      const then = earlier.get(id);
      return figures === undefined || then === undefined
        ? []
        : [[id, without(growthOf(then, figures), looks.get(id))] as const];
    }),
  );
}

function without(grown: NodeGrowth, looks: Looks | undefined): NodeGrowth {
  if (looks === undefined) return grown;
  const { requests, hits, misses } = grown;
  return {
    ...grown,
    requests: Math.max(0, requests - looks.requests),
    hits: Math.max(0, hits - (looks.requests - looks.misses)),
    misses: Math.max(0, misses - looks.misses),
  };
}

/** The sum over all nodes. */
export function sumOf(parts: Iterable<NodeGrowth>): NodeGrowth {
  const sum = { ...NOTHING };
  for (const part of parts) for (const name of COUNTERS) sum[name] += part[name];
  return sum;
}

/** Whether the node restarted in between: then its counters begin at zero. */
export function restarted(before: NodeFigures, after: NodeFigures): boolean {
  return after.uptimeSeconds < before.uptimeSeconds || after.requests < before.requests;
}

function growthOf(before: NodeFigures, after: NodeFigures): NodeGrowth {
  const grown = { ...NOTHING };
  const isAnew = restarted(before, after);
  for (const name of COUNTERS) grown[name] = Math.max(0, isAnew ? after[name] : after[name] - before[name]);
  return grown;
}
