/**
 * Watches discovery, and refreshes it when a node fails, because the node may have been replaced, and when the history
 * names a new node, because another client's list is newer.
 */
import type { Discovery, TopologyListener, Watch } from '@sess/discovery';

import type { Clock } from '../clock.ts';

/** Least time between two refreshes. */
const REFRESH_PAUSE_MS = 1_000;

export class DiscoveryWatch {
  readonly #watch: Watch;
  readonly #clock: Clock;
  #refreshedAt = -Infinity;
  #named: ReadonlySet<string> = new Set();
  #ended = false;

  constructor(discovery: Discovery, clock: Clock, listener: TopologyListener) {
    this.#clock = clock;
    this.#watch = discovery.watch(listener);
    // The listener gets this failure as well.
    this.#watch.ready().catch(() => undefined);
  }

  refresh(): void {
    const now = this.#clock.elapsed();
    if (this.#ended || now - this.#refreshedAt < REFRESH_PAUSE_MS) return;
    this.#refreshedAt = now;
    // The listener gets the outcome.
    this.#watch.refresh().catch(() => undefined);
  }

  /**
   * Refreshes if one of these nodes, which open views name, is new and not listed: discovery knows its address and
   * zone, and the history does not.
   */
  named(ids: ReadonlySet<string>, listed: ReadonlySet<string>): void {
    const before = this.#named;
    this.#named = ids;
    if ([...ids].some((id) => !before.has(id) && !listed.has(id))) this.refresh();
  }

  close(): void {
    this.#ended = true;
    this.#watch.close();
  }
}
