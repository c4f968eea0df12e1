import { randomInt } from 'node:crypto';

/**
 * Units per millisecond of a version. The last three digits are random, so that two states that follow the same one at
 * the same time differ.
 */
const UNITS = 1_000;

/**
 * The version of a state that follows version `base`: microseconds since 1970, but always above `base`, whatever the
 * clock says. A safe integer until the year 2255.
 */
export function nextVersion(base: number, now: number): number {
  return Math.max(base + 1, now * UNITS) + randomInt(UNITS);
}
