/** Entries of the history that say that this client acts on a view. */
import { LONGEST_SLEEP_MS } from '../steady-clock.ts';
import type { Closings } from './closings.ts';
import { actedOnUntil, confirmed, type History, type ViewEntry } from './history.ts';
import type { TimesToLive } from './times-to-live.ts';
import type { ViewCache } from './view-cache.ts';
import type { View } from './view.ts';
import type { Windows } from './windows.ts';

export interface ConfirmationSources {
  readonly views: ViewCache;
  readonly windows: Windows;
  readonly closings: Closings;
  readonly times: TimesToLive;
  readonly historyIntervalMs: number;
  /** The latest possible time when this client's clock reads `now`, milliseconds since 1970. */
  readonly latest: (now: number) => number;
}

/** Confirms the current view, once per interval by any client; `undefined` if that was done recently. */
export function confirmationOf(
  { id, nodes, cause, since }: View,
  history: History,
  { views, windows, closings, times: { longest: ttlSeconds }, historyIntervalMs, latest }: ConfirmationSources,
  now: number,
): ViewEntry | undefined {
  const known = history.views.get(id);
  const isRecent = known !== undefined && now - windows.confirmedAt(id, known, now) < historyIntervalMs;
  if (isRecent && closings.stageOf(history, id) === 'open' && known.ttlSeconds >= ttlSeconds) return undefined;
  // Greater than the last confirmation, which may come from a fast clock: other clients must see a change.
  const before = Math.max(known?.confirmedAt ?? -1, closings.confirmationOf(history, id));
  const confirmedAt = Math.max(now, before + 1);
  return confirmed({ ...views.placementOf(nodes), cause, since }, { confirmedAt, latest: latest(now), ttlSeconds });
}

/** Confirms the view that this client leaves: it acted on it until now, but may not have confirmed it lately. */
export function lastConfirmationOf(
  { id }: View,
  history: History,
  { windows, closings, times, latest }: ConfirmationSources,
  now: number,
): ViewEntry | undefined {
  const known = history.views.get(id);
  if (known === undefined) return undefined;
  // A confirmation above that of a fast clock would look to other clients like one of their own.
  windows.renew(id, known.confirmedAt, now);
  const confirmedAt = Math.max(now, known.confirmedAt, closings.confirmationOf(history, id) + 1);
  const ttlSeconds = Math.max(known.ttlSeconds, times.longest);
  return confirmed(known, { confirmedAt, latest: Math.max(latest(now), actedOnUntil(known)), ttlSeconds });
}

/** The view that was confirmed last, with its id. */
export function lastConfirmedIn({ views }: History): readonly [id: string, entry: ViewEntry] | undefined {
  return [...views].toSorted(([, one], [, other]) => other.confirmedAt - one.confirmedAt)[0];
}

/** Extends a view until now: clients may have acted on it, and confirmed it on nodes that were not read. */
export function extended(entry: ViewEntry, latest: number): ViewEntry {
  const until = Math.min(latest, entry.confirmedAt + LONGEST_SLEEP_MS);
  return confirmed(entry, { ...entry, latest: Math.max(until, actedOnUntil(entry)) });
}
