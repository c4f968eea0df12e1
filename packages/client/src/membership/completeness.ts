/**
 * Whether a history has every view that matters. Nodes lose it when they restart, and one that grows too long leaves
 * views out. All times are milliseconds since 1970.
 */
import { EMPTY_HISTORY, mergeHistories, type History } from './history.ts';
import { agreementMs, type Intervals } from './intervals.ts';

/** Whether no earlier view can be unknown. */
export function isComplete({ isWhole, truncatedUntil }: History, now: number): boolean {
  return isWhole && truncatedUntil <= now;
}

/**
 * Every listed node has answered. If nodes have lost a view, a client that uses it publishes it again within an
 * agreement.
 */
export function completed(history: History, intervals: Intervals, now: number): History {
  const { isWhole, forgottenAt } = history;
  if (isWhole || (forgottenAt > 0 && now < forgottenAt + agreementMs(intervals))) return history;
  return { ...history, isWhole: true, forgottenAt: 0 };
}

/** Nodes have lost the history, and no other node had the whole of it. */
export function forgotten(history: History, now: number): History {
  return history.isWhole ? history : mergeHistories(history, { ...EMPTY_HISTORY, forgottenAt: now });
}
