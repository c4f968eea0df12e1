/**
 * Whether a history has every view that matters. Nodes lose the history when they restart, and a history that grows
 * too long omits views. All times are milliseconds since 1970.
 */
import { EMPTY_HISTORY, mergeHistories, type History } from './history.ts';
import { agreementMs, type Intervals } from './intervals.ts';

/** Whether no earlier view can be unknown. */
export function isComplete({ isWhole, truncatedUntil }: History, now: number): boolean {
  return isWhole && truncatedUntil <= now;
}

/**
 * Marks the history as whole. Call it after every listed node has answered. If nodes have lost the history, waits for
 * {@link agreementMs}: until then, a client that uses a lost view publishes it again.
 */
export function completed(history: History, intervals: Intervals, now: number): History {
  const { isWhole, forgottenAt } = history;
  if (isWhole || (forgottenAt > 0 && now < forgottenAt + agreementMs(intervals))) return history;
  return { ...history, isWhole: true, forgottenAt: 0 };
}

/** Records that nodes have lost the history. Changes nothing in a whole history. */
export function forgotten(history: History, now: number): History {
  return history.isWhole ? history : mergeHistories(history, { ...EMPTY_HISTORY, forgottenAt: now });
}
