import type { ReconnectLimits } from './options.ts';

/**
 * How long to wait before connecting again, in milliseconds: anything up to a ceiling that doubles with each failure in
 * a row, so that the servers that lost the same node do not all come back to it in the same moment.
 */
export function reconnectPause(failures: number, { minMs, maxMs }: ReconnectLimits, random: () => number): number {
  // 2 ** 30 keeps the product finite; the ceiling is reached long before.
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
  return Math.round(random() * ceiling);
}
