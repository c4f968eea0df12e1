import { validation } from '../api/aws-error.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

/** When a scheduled action is due. */
export interface Schedule {
  readonly text: string;
  /** Whether the action is due after one time and up to another, both in milliseconds since 1970. */
  isDue(after: number, until: number): boolean;
}

/**
 * Parses `at(2026-11-29T18:00:00)` in UTC, or `rate(30 minutes)`, which runs on the stand-in's faster time.
 *
 * @throws AwsError for anything else, including `cron(…)`
 */
export function parseSchedule(text: string, createdAt: number, milliseconds: (seconds: number) => number): Schedule {
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text)?.[1];
  if (at !== undefined) {
    const moment = Date.parse(`${at}Z`);
    return { text, isDue: (after, until) => moment > after && moment <= until };
  }
  const [, amount, unit = ''] = /^rate\((\d{1,6}) (minute|hour|day)s?\)$/.exec(text) ?? [];
  const seconds = UNIT_SECONDS[unit];
  if (amount === undefined || seconds === undefined || Number(amount) === 0)
    throw validation(`Schedule ${text}: the stand-in knows at(yyyy-mm-ddThh:mm:ss) and rate(N minutes|hours|days).`);
  const every = milliseconds(Number(amount) * seconds);
  const times = (moment: number): number => Math.floor(Math.max(0, moment - createdAt) / every);
  return { text, isDue: (after, until) => times(until) > times(after) };
}
