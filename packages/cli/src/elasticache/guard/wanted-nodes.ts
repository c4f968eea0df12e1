import type { ScalingPolicy } from './scaling-policy.ts';

/** Minutes below nine tenths of the target until fewer nodes are wanted: as AWS's own alarm has it. */
export const MINUTES_IN = 15;
const LOW = 0.9;

/** As few nodes as carry the load at the target; `nodes` while the metric was not low for long enough. */
export function wantedNodes(
  { targetValue, minCapacity }: ScalingPolicy,
  averages: readonly number[],
  nodes: number,
): number {
  const last = averages.slice(-MINUTES_IN);
  const highest = Math.max(...last);
  if (last.length < MINUTES_IN || highest >= LOW * targetValue) return nodes;
  // By the highest of them, so that what is taken away is not missed a minute later.
  return Math.min(nodes, Math.max(minCapacity, 1, Math.ceil((nodes * highest) / targetValue)));
}
