import type { Distribution, RingNode } from './distribution.ts';
import { checkOwnersCall } from './lookup.ts';
import { sampleKeys } from './sample-keys.ts';

/** The zones of a list of nodes in several zones. */
export interface Zones {
  /** The number of the node's zone, by the node's index in the list. */
  readonly byNode: readonly number[];
  readonly count: number;
}

/** `undefined` if all nodes are in one zone, or none has a zone. */
export function zonesOf(nodes: readonly RingNode[]): Zones | undefined {
  const numbers = new Map<string | undefined, number>();
  const byNode = nodes.map(({ zone }) => {
    const number = numbers.get(zone) ?? numbers.size;
    numbers.set(zone, number);
    return number;
  });
  return numbers.size < 2 ? undefined : { byNode, count: numbers.size };
}

/**
 * Picks `wanted` nodes: the first node of each zone, then the others. `ranked`: indexes of nodes in order of
 * preference. A larger `wanted` only adds to the end.
 */
export function spread(ranked: Iterable<number>, wanted: number, zones: Zones): readonly number[] {
  const firsts: number[] = [];
  const others: number[] = [];
  const seen = new Set<number>();
  for (const node of ranked) {
    const zone = zones.byNode[node] as number;
    if (seen.has(zone)) others.push(node);
    else firsts.push(node);
    seen.add(zone);
    const isEnough = firsts.length === wanted || (seen.size === zones.count && firsts.length + others.length >= wanted);
    if (isEnough) break;
  }
  return [...firsts, ...others].slice(0, wanted);
}

/** A zone's share of all copies of all keys. */
export interface ZoneShare {
  /** `undefined` for the nodes without a zone. */
  readonly zone: string | undefined;
  readonly nodes: number;
  /** Its fraction of all copies, 0 to 1. */
  readonly held: number;
  /** Its fraction of the total weight, 0 to 1: its share if zones did not matter. */
  readonly fair: number;
}

const SAMPLES = 65_536;

/**
 * The fraction of all copies that each zone holds if every key is on `copies` nodes, in the order of the nodes. If a
 * zone holds much more than its fair share, its nodes need that much more memory than the others.
 *
 * Counted over `samples` keys (default 65,536), the same every time. Empty if there are no nodes.
 *
 * @throws {HashRingError} `SESS_BAD_COUNT` if `copies` is not a whole number from 0.
 */
export function zoneShares(
  distribution: Distribution,
  copies: number,
  samples: number = SAMPLES,
): readonly ZoneShare[] {
  const { nodes } = distribution;
  checkOwnersCall('', copies);
  const zones = new Map<string | undefined, { nodes: number; weight: number; held: number }>();
  let weights = 0;
  for (const { zone, weight = 1 } of nodes) {
    const known = zones.get(zone) ?? { nodes: 0, weight: 0, held: 0 };
    zones.set(zone, { nodes: known.nodes + 1, weight: known.weight + weight, held: 0 });
    weights += weight;
  }
  let all = 0;
  for (const key of sampleKeys(nodes.length === 0 ? 0 : samples)) {
    for (const { zone } of distribution.owners(key, copies)) {
      // Every owner is one of the nodes.
      (zones.get(zone) as { held: number }).held += 1;
      all += 1;
    }
  }
  return [...zones].map(([zone, counted]) => ({
    zone,
    nodes: counted.nodes,
    held: all === 0 ? 0 : counted.held / all,
    fair: counted.weight / weights,
  }));
}
