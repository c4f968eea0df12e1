import type { MetricName } from './metrics.ts';
import type { Schedule } from './schedule.ts';

/** What may be scaled, and between which numbers of nodes. */
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
  /** As it was put. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface ScheduledAction {
  readonly name: string;
  readonly createdAt: number;
  readonly schedule: Schedule;
  readonly minCapacity: number | undefined;
  readonly maxCapacity: number | undefined;
}

/** Periods above the target until nodes are added, and below nine tenths of it until some are removed, as at AWS. */
const PERIODS_OUT = 3;
const PERIODS_IN = 15;
const LOW = 0.9;

/**
 * How many nodes a policy wants, when it wants another number: the metric is taken to be inverse to the number of
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
