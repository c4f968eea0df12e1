/** What happened on each node between two looks. */
import type { NodeFigures, NodeReport } from './node-report.ts';

/** A node's counters, as what they grew by between two looks. */
export interface NodeGrowth {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  /** Of the misses. */
  readonly expired: number;
  /** Of the misses. */
  readonly flushed: number;
  readonly evictions: number;
}

const NOTHING: NodeGrowth = { requests: 0, hits: 0, misses: 0, expired: 0, flushed: 0, evictions: 0 };
const COUNTERS = ['requests', 'hits', 'misses', 'expired', 'flushed', 'evictions'] as const;

/** By node id; of those that told their figures both times. */
export function growth(before: readonly NodeReport[], after: readonly NodeReport[]): ReadonlyMap<string, NodeGrowth> {
  const earlier = new Map(before.map(({ id, figures }) => [id, figures]));
  return new Map(
    after.flatMap(({ id, figures }) => {
      const then = earlier.get(id);
      return figures === undefined || then === undefined ? [] : [[id, growthOf(then, figures)] as const];
    }),
  );
}

/** Of all nodes together. */
export function sumOf(parts: Iterable<NodeGrowth>): NodeGrowth {
  const sum = { ...NOTHING };
  for (const part of parts) for (const name of COUNTERS) sum[name] += part[name];
  return sum;
}

/** Whether the node started anew in between: it counts from zero then. */
export function restarted(before: NodeFigures, after: NodeFigures): boolean {
  return after.uptimeSeconds < before.uptimeSeconds || after.requests < before.requests;
}

function growthOf(before: NodeFigures, after: NodeFigures): NodeGrowth {
  const grown = { ...NOTHING };
  const isAnew = restarted(before, after);
  for (const name of COUNTERS) grown[name] = Math.max(0, isAnew ? after[name] : after[name] - before[name]);
  return grown;
}
