const FIRST_MS = 20;
const LONGEST_MS = 1_000;

/**
 * How long to leave a node alone after `failures` attempts in a row, in milliseconds: 20, doubled each time, at most
 * 1,000; of that, half for certain and half by chance (`random` in [0, 1)), so that the clients of a node that comes
 * back don't come all at once.
 */
export function backOffMs(failures: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return whole * (0.5 + random / 2);
}
