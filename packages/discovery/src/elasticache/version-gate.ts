import type { Clock } from '../clock.ts';
import { POLL_JITTER } from '../poll-schedule.ts';
import type { Topology } from '../topology.ts';

/** Consecutive looks that must find an older version before it is accepted. */
const OLDER_LOOKS = 3;

/**
 * Decides whether a found list comes into force.
 *
 * A higher version does, and so does the same version with another list: a node replaced in place changes its address
 * without a new version. A lower version usually comes from a node that lags behind, and is ignored. If the endpoint
 * keeps returning lower versions, the cluster was created again and its versions restarted. The gate accepts that after
 * {@link OLDER_LOOKS} looks over the time of as many polls, so that quick looks don't mistake a lag of seconds for a
 * new cluster.
 */
export class VersionGate {
  readonly #clock: Clock;
  readonly #persistMs: number;
  #older: { readonly since: number; looks: number } | undefined;

  constructor(pollIntervalMs: number, clock: Clock) {
    this.#clock = clock;
    this.#persistMs = (OLDER_LOOKS - 1) * pollIntervalMs * (1 - POLL_JITTER);
  }

  /** @param authoritative whether the endpoint itself answered: a lagging node may be asked again and again */
  admits(current: Topology | undefined, found: Topology, authoritative: boolean): boolean {
    if (current?.version === undefined || (found.version ?? 0) >= current.version) {
      this.#older = undefined;
      return true;
    }
    if (!authoritative) return false;
    this.#older ??= { since: this.#clock.now(), looks: 0 };
    this.#older.looks += 1;
    if (this.#older.looks < OLDER_LOOKS || this.#clock.now() - this.#older.since < this.#persistMs) return false;
    this.#older = undefined;
    return true;
  }
}
