import type { ReconnectLimits } from './options.ts';

/**
 * Pause before reconnecting, in milliseconds: random up to a ceiling that doubles with each consecutive failure, so
 * that servers that lost the same node do not all reconnect at the same moment.
 */
export function reconnectPause(failures: number, { minMs, maxMs }: ReconnectLimits, random: () => number): number {
  // 2 ** 30 keeps the product finite; the ceiling is reached long before.
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
  return Math.round(random() * ceiling);
}
