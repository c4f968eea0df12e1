/** How long clients wait for each other: so many intervals of the history, and what their clocks may differ by. */
export interface Intervals {
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
}

/** A view is agreed when no client has confirmed another one for so many intervals. */
const INTERVALS_TO_AGREE = 3;

/** In milliseconds. */
export function intervalsToMs({ historyIntervalMs, clockSkewMs }: Intervals, count: number): number {
  return count * historyIntervalMs + clockSkewMs;
}

/** In milliseconds, after the last confirmation of another view. */
export function agreementMs(intervals: Intervals): number {
  return intervalsToMs(intervals, INTERVALS_TO_AGREE);
}
