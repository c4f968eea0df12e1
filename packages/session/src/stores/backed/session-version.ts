import { randomInt } from 'node:crypto';

/**
 * A version has so many units in a millisecond; the last three digits are drawn, so that two states that follow the
 * same one in one moment differ.
 */
const UNITS = 1_000;

/**
 * The version of a state that follows the one with version `base`: microseconds since 1970, as far as clocks agree, and
 * above `base` whatever they say. A safe integer until the year 2255.
 */
export function nextVersion(base: number, now: number): number {
  return Math.max(base + 1, now * UNITS) + randomInt(UNITS);
}
