/**
 * Whether a history has every view that matters. Nodes lose the history when they restart, a history that grows too
 * long omits views, and that of a node that was out of reach lacks the views that clients acted on meanwhile. All times
 * are milliseconds since 1970.
 */
import type { Clock } from '../clock.ts';
import { actedOnUntil, EMPTY_HISTORY, mergeHistories, type History } from './history.ts';
import { agreementMs, type Intervals } from './intervals.ts';

/** Whether no earlier view can be unknown. Every operation asks, so the clock is read only if that matters. */
export function isComplete({ isWhole, truncatedUntil }: History, clock: Pick<Clock, 'now'>): boolean {
  return isWhole && (truncatedUntil === 0 || truncatedUntil <= clock.now());
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

/** Whether a client may still act on one of the views. */
function isActedOn({ views }: History, intervals: Intervals, now: number): boolean {
  return [...views.values()].some((entry) => actedOnUntil(entry) + agreementMs(intervals) > now);
}

/**
 * Whole histories that were read when this client started, and whose views no client has confirmed lately. Clients may
 * act on a view that they published only on nodes that have not answered yet.
 */
export class StaleHistories {
  readonly #intervals: Intervals;
  #readAt: number | undefined;

  constructor(intervals: Intervals) {
    this.#intervals = intervals;
  }

  /** Returns the histories of one round; if every whole one is stale, without their claim to be whole. */
  doubted(histories: readonly History[], now: number): readonly History[] {
    const whole = histories.filter(({ isWhole }) => isWhole);
    if (whole.length === 0 || whole.some((history) => isActedOn(history, this.#intervals, now))) return histories;
    this.#readAt ??= now;
    return histories.map(withoutWholeness);
  }

  /** Whether the other nodes have had as much time to answer as clients have to confirm their view. */
  haveWaited(now: number): boolean {
    return this.#readAt !== undefined && now >= this.#readAt + agreementMs(this.#intervals);
  }
}

export function withoutWholeness(history: History): History {
  return history.isWhole ? { ...history, isWhole: false } : history;
}
