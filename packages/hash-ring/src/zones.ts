import type { Distribution, RingNode } from './distribution.ts';
import { checkOwnersCall } from './lookup.ts';
import { sampleKeys } from './sample-keys.ts';

/** In which zone each node of a list is, where they are in several. */
export interface Zones {
  /** By the place of the node in the list: a number for each zone. */
  readonly byNode: readonly number[];
  readonly count: number;
}

/** `undefined` when all nodes are in one zone, as they are when none has a name. */
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
 * The first `wanted` of `ranked`, which are nodes in order of preference, by their place in the list: the first node of
 * each zone, then the others. A larger `wanted` only adds to the end.
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

/** What a zone holds of all copies of all keys. */
export interface ZoneShare {
  /** `undefined`: the nodes without a zone. */
  readonly zone: string | undefined;
  readonly nodes: number;
  /** Its part of all copies, 0 to 1. */
  readonly held: number;
  /** Its part of the weight of all nodes, 0 to 1: what it would hold if zones did not matter. */
  readonly fair: number;
}

const SAMPLES = 65_536;

/**
 * Which part of all copies each zone holds when every key is on `copies` nodes, in the order of the nodes. Where a zone
 * holds much more than its fair part, its nodes need as much more memory than the others.
 *
 * Counted over `samples` keys (default 65,536), the same every time. An empty list when there are no nodes.
 *
 * @throws {HashRingError} `SESS_BAD_COUNT` when `copies` is not a whole number from 0.
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
