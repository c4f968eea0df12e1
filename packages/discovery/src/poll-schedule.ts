import { MAX_TIMER_MS } from './clock.ts';

/** Jitter of the poll interval, so that processes that started together do not keep polling together. */
export const POLL_JITTER = 0.2;
/**
 * Ceiling of the pause after the first failure, in milliseconds; it doubles with every further one, up to the poll
 * interval.
 */
const FIRST_RETRY_MS = 1_000;

/**
 * The pause until the next look, in milliseconds: the poll interval ±20 % after a success; after consecutive failures
 * between half and all of 1 s, 2 s, 4 s, ..., never above the poll interval.
 *
 * @param random a number from 0 up to, but not including, 1
 */
export function nextPauseMs(pollIntervalMs: number, failuresInARow: number, random: number): number {
  if (failuresInARow === 0) return atMostTimer(pollIntervalMs * (1 - POLL_JITTER + 2 * POLL_JITTER * random));
  const ceiling = Math.min(pollIntervalMs, FIRST_RETRY_MS * 2 ** Math.min(failuresInARow - 1, 30));
  return atMostTimer(ceiling * (0.5 + random / 2));
}

function atMostTimer(ms: number): number {
  return Math.min(Math.max(1, Math.round(ms)), MAX_TIMER_MS);
}
