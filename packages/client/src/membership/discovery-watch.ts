/**
 * Follows discovery, and asks it to look again when something speaks against a node: a node that was replaced is the
 * likely reason.
 */
import type { Discovery, TopologyListener, Watch } from '@sess/discovery';

import type { Clock } from '../clock.ts';

/** A failure asks discovery to look again, at most this often. */
const LOOK_AGAIN_MS = 1_000;

export class DiscoveryWatch {
  readonly #watch: Watch;
  readonly #clock: Clock;
  #lookedAgainAt = -Infinity;
  #ended = false;

  constructor(discovery: Discovery, clock: Clock, listener: TopologyListener) {
    this.#clock = clock;
    this.#watch = discovery.watch(listener);
    // Its failure comes through the listener as well.
    this.#watch.ready().catch(() => undefined);
  }

  lookAgain(): void {
    const now = this.#clock.elapsed();
    if (this.#ended || now - this.#lookedAgainAt < LOOK_AGAIN_MS) return;
    this.#lookedAgainAt = now;
    // What comes of it, the listener hears.
    this.#watch.refresh().catch(() => undefined);
  }

  close(): void {
    this.#ended = true;
    this.#watch.close();
  }
}
