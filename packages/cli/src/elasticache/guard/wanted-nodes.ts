import { metricText } from './policy-metric.ts';
import type { Scaling, ScalingPolicy, ScalingSource } from './scaling-policy.ts';

/** Minutes below 90 % of the target until fewer nodes are needed, as in AWS's own alarm. */
export const MINUTES_IN = 15;
const LOW = 0.9;

/** The needed number of nodes, and warnings for the operator. */
export interface DesiredNodes {
  readonly nodes: number;
  readonly warnings: readonly string[];
}

export interface Circumstances {
  readonly nodes: number;
  /** The most nodes that the schedule allows. */
  readonly allowed: number | undefined;
  /** Seconds since the last scale-in. */
  readonly secondsSince: number;
}

/**
 * Computes the needed nodes from the metrics of all policies (like AWS, scales in only if all agree) and the schedule.
 */
export async function desiredNodes(
  source: ScalingSource | undefined,
  { nodes, allowed = nodes, secondsSince }: Circumstances,
): Promise<DesiredNodes> {
  if (source === undefined) return { nodes: Math.min(nodes, allowed), warnings: [] };
  const scaling = await source.scaling();
  const { policies, minCapacity } = scaling;
  const readings = await Promise.all(
    policies.map(async (policy) => ({ policy, averages: await source.averages(policy, MINUTES_IN + 5) })),
  );
  const warnings = [
    ...scalesByItself(scaling),
    ...readings.filter(({ averages }) => averages.length === 0).map(({ policy }) => noData(policy)),
    ...(allowed < minCapacity ? [belowMinimum(allowed, minCapacity)] : []),
  ];
  const isCooling = policies.some(({ cooldownSeconds }) => secondsSince < cooldownSeconds);
  const enough = readings.map(({ policy, averages }) => (isCooling ? nodes : wantedNodes(policy, averages, nodes)));
  const byLoad = enough.length === 0 ? nodes : Math.max(...enough);
  // Below its minimum, AWS would add nodes again.
  return { nodes: Math.min(nodes, Math.max(minCapacity, Math.min(byLoad, isCooling ? nodes : allowed))), warnings };
}

/** The fewest nodes that carry the load at the target; `nodes` if the metric was not low for long enough. */
export function wantedNodes(
  { targetValue }: Pick<ScalingPolicy, 'targetValue'>,
  averages: readonly number[],
  nodes: number,
): number {
  const last = averages.slice(-MINUTES_IN);
  const highest = Math.max(...last);
  if (last.length < MINUTES_IN || highest >= LOW * targetValue) return nodes;
  // Uses the highest average, so that a removed node is not needed a minute later.
  return Math.min(nodes, Math.max(1, Math.ceil((nodes * highest) / targetValue)));
}

function scalesByItself({ scalesIn }: Scaling): readonly string[] {
  return scalesIn.map(
    (name) => `The policy ${name} of AWS scales in by itself, and loses sessions: set DisableScaleIn in it.`,
  );
}

function noData({ name, metric }: ScalingPolicy): string {
  return `The policy ${name} goes by ${metricText(metric)}, and CloudWatch has no data of it for ${MINUTES_IN} minutes: nothing is scaled in by it. Does something publish this metric, with these dimensions? Is cloudwatch:GetMetricData allowed in this region?`;
}

function belowMinimum(allowed: number, minCapacity: number): string {
  return `The schedule allows ${allowed} nodes, and AWS keeps at least ${minCapacity} (MinCapacity): ${minCapacity} stay. Lower MinCapacity, or raise what --at says.`;
}
