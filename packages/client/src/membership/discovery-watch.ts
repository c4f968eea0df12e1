/** Watches discovery, and refreshes it when a node fails, because the node may have been replaced. */
import type { Discovery, TopologyListener, Watch } from '@sess/discovery';

import type { Clock } from '../clock.ts';

/** Least time between two refreshes after failures. */
const REFRESH_PAUSE_MS = 1_000;

export class DiscoveryWatch {
  readonly #watch: Watch;
  readonly #clock: Clock;
  #refreshedAt = -Infinity;
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

  close(): void {
    this.#ended = true;
    this.#watch.close();
  }
}
