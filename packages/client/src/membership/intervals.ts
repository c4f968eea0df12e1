/**
 * The settings that decide how long clients wait for each other: the interval of the history, and the largest
 * difference of clocks.
 */
export interface Intervals {
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
}

/** A view is agreed when no client has confirmed another one for this many intervals. */
const INTERVALS_TO_AGREE = 3;

/** `count` intervals plus the clock skew, in milliseconds. */
export function intervalsToMs({ historyIntervalMs, clockSkewMs }: Intervals, count: number): number {
  return count * historyIntervalMs + clockSkewMs;
}

/** Time until agreement after the last confirmation of another view, in milliseconds. */
export function agreementMs(intervals: Intervals): number {
  return intervalsToMs(intervals, INTERVALS_TO_AGREE);
}
