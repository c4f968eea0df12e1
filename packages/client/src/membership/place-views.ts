import type { Clock } from '../clock.ts';
import { pause } from '../pause.ts';
import { HistoryRefused } from './history-checks.ts';
import type { History } from './history.ts';
import type { Membership } from './membership.ts';

/** Nodes placed without a pause: about ten milliseconds of work. */
const PLACED_AT_ONCE = 256;

/**
 * Computes the placements of a history's views, with pauses: the application chooses the distribution, which may be
 * slow for many nodes.
 *
 * @throws {HistoryRefused} if this client can't act on them
 */
export async function placeViews(history: History, membership: Membership, clock: Clock): Promise<void> {
  const unsuitable = membership.unsuitable(history, clock.now());
  if (unsuitable !== undefined) throw new HistoryRefused('content', unsuitable);
  let placed = 0;
  for (const [id, entry] of history.views) {
    if (membership.isPlaced(id)) continue;
    if (placed > 0 && placed + entry.nodes.length > PLACED_AT_ONCE) {
      placed = 0;
      await pause(clock, 0, undefined);
    }
    try {
      membership.place(id, entry);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HistoryRefused('content', `a view can't be acted on: ${reason}`, cause);
    }
    placed += entry.nodes.length;
  }
}
