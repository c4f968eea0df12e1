const FIRST_MS = 20;
const LONGEST_MS = 1_000;

/**
 * Delay in milliseconds before the next attempt after `failures` failed ones in a row: 20, doubled each time, at most
 * 1,000. Half of it is jitter (`random` in [0, 1)), so that clients don't all reconnect at once.
 */
export function backOffMs(failures: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return whole * (0.5 + random / 2);
}
