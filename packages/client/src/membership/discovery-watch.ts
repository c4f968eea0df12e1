/** Watches discovery, and refreshes it when a node fails, because the node may have been replaced. */
import type { Discovery, TopologyListener, Watch } from '@sess/discovery';

import type { Clock } from '../clock.ts';

/** Least time between two refreshes after failures. */
const LOOK_AGAIN_MS = 1_000;

export class DiscoveryWatch {
  readonly #watch: Watch;
  readonly #clock: Clock;
  #lookedAgainAt = -Infinity;
  #ended = false;

  constructor(discovery: Discovery, clock: Clock, listener: TopologyListener) {
    this.#clock = clock;
    this.#watch = discovery.watch(listener);
    // The listener gets this failure as well.
    this.#watch.ready().catch(() => undefined);
  }

  lookAgain(): void {
    const now = this.#clock.elapsed();
    if (this.#ended || now - this.#lookedAgainAt < LOOK_AGAIN_MS) return;
    this.#lookedAgainAt = now;
    // The listener gets the outcome.
    this.#watch.refresh().catch(() => undefined);
  }

  close(): void {
    this.#ended = true;
    this.#watch.close();
  }
}
