import type { MetricName } from './metrics.ts';
import type { Schedule } from './schedule.ts';

/** The limits between which auto scaling changes the number of nodes. */
export interface ScalableTarget {
  minCapacity: number;
  maxCapacity: number;
  readonly createdAt: number;
  suspended: { readonly in: boolean; readonly out: boolean; readonly scheduled: boolean };
}

export interface TargetTrackingPolicy {
  readonly name: string;
  readonly createdAt: number;
  readonly metric: MetricName;
  readonly targetValue: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  readonly isScaleInDisabled: boolean;
  /** The configuration as the client sent it. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface ScheduledAction {
  readonly name: string;
  readonly createdAt: number;
  readonly schedule: Schedule;
  readonly minCapacity: number | undefined;
  readonly maxCapacity: number | undefined;
}

/** As at AWS: adds nodes after 3 periods above the target, and removes nodes after 15 periods below 90 % of it. */
const PERIODS_OUT = 3;
const PERIODS_IN = 15;
const LOW = 0.9;

/**
 * How many nodes a policy wants; `undefined` if it wants no change. Assumes that the metric is inverse to the number of
 * nodes.
 */
export function wantedByTracking(
  { targetValue, isScaleInDisabled }: TargetTrackingPolicy,
  averages: readonly (number | undefined)[],
  nodes: number,
): number | undefined {
  const latest = averages.at(-1);
  if (latest === undefined) return undefined;
  if (allOf(averages, PERIODS_OUT, (value) => value > targetValue))
    return Math.max(nodes + 1, Math.ceil((nodes * latest) / targetValue));
  if (isScaleInDisabled || !allOf(averages, PERIODS_IN, (value) => value < LOW * targetValue)) return undefined;
  const enough = Math.max(1, Math.ceil((nodes * latest) / targetValue));
  return enough < nodes ? enough : undefined;
}

function allOf(averages: readonly (number | undefined)[], count: number, holds: (value: number) => boolean): boolean {
  const last = averages.slice(-count);
  return last.length === count && last.every((value) => value !== undefined && holds(value));
}
