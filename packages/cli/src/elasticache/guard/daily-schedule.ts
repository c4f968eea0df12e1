import { UsageError } from '../../usage-error.ts';

/** From this time of day on (UTC), at most this many nodes. */
export interface DailyStep {
  readonly minuteOfDay: number;
  readonly nodes: number;
}

/**
 * Parses `22:00=3`: from 22:00 UTC on, at most three nodes.
 *
 * @throws {UsageError} if the text is malformed
 */
export function parseDailyStep(text: string): DailyStep {
  const [, hours, minutes, nodes] = /^([01]\d|2[0-3]):([0-5]\d)=(\d{1,3})$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined || Number(nodes) < 1)
    throw new UsageError(`--at: expected HH:MM=NODES in UTC, such as 22:00=3; came "${text}".`);
  return { minuteOfDay: 60 * Number(hours) + Number(minutes), nodes: Number(nodes) };
}

/**
 * The number of nodes that the schedule allows now. Before the first step of the day, yesterday's last step applies.
 */
export function allowedBySchedule(steps: readonly DailyStep[], now: Date): number | undefined {
  const minute = 60 * now.getUTCHours() + now.getUTCMinutes();
  const sorted = steps.toSorted((one, other) => one.minuteOfDay - other.minuteOfDay);
  return (sorted.findLast(({ minuteOfDay }) => minuteOfDay <= minute) ?? sorted.at(-1))?.nodes;
}
