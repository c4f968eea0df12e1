/** What zones make of the copies: who holds how much, and what can't be kept. */
import { zoneShares, type Distribution, type ZoneShare } from '@sess/hash-ring';

/** A zone that holds so many times its part of the weight is too small, as for the channel `sess:client:zones`. */
const TOO_SMALL = 1.4;
const SAMPLES = 16_384;

export interface ZoneReport {
  /** In the order of the nodes. */
  readonly zones: readonly ZoneShare[];
  /** Fewer zones than copies: the loss of one may take every copy of a session. */
  readonly areTooFew: boolean;
  /** Zones that hold much more than their part, so their nodes are full first. */
  readonly small: readonly ZoneShare[];
  /** Ids of the nodes of which nobody says in which zone they are. */
  readonly unknown: readonly string[];
}

/** `undefined` where zones decide nothing: none is known, or a single copy is kept. */
export function zoneReport(ring: Distribution, copies: number): ZoneReport | undefined {
  const { nodes } = ring;
  if (copies < 2 || nodes.every(({ zone }) => zone === undefined)) return undefined;
  const zones = zoneShares(ring, copies, SAMPLES);
  return {
    zones,
    areTooFew: zones.length < copies,
    small: zones.length < 2 ? [] : zones.filter(({ held, fair }) => held >= TOO_SMALL * fair),
    unknown: nodes.flatMap(({ id, zone }) => (zone === undefined ? [id] : [])),
  };
}
