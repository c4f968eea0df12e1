/** How zones affect copies: how much each zone holds, and which guarantees do not hold. */
import { zoneShares, type Distribution, type ZoneShare } from '@sess/hash-ring';

/** A zone is too small if it holds this many times its share of the weight, as on the channel `sess:client:zones`. */
const TOO_SMALL = 1.4;
const SAMPLES = 16_384;

export interface ZoneReport {
  /** In the order of the nodes. */
  readonly zones: readonly ZoneShare[];
  /** Fewer zones than copies: losing one zone can lose every copy of a session. */
  readonly areTooFew: boolean;
  /** Zones that hold much more than their share: their nodes fill up first. */
  readonly small: readonly ZoneShare[];
  /** Ids of the nodes whose zone is unknown. */
  readonly unknown: readonly string[];
}

/** `undefined` if zones decide nothing: none is known, or there is one copy. */
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
