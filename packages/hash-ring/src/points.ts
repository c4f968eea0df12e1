import type { KetamaForm } from './ketama-forms.ts';
import type { PlacedNode } from './placement.ts';

/** The sorted points of a ring, laid out for lookups. */
export interface SortedPoints {
  /**
   * Two numbers per point, adjacent to share a cache line: its value minus 2^31 (so that int32 sorts like uint32), and
   * its node's index in the given list. After the last point comes the highest value with the node of the first point,
   * so that every search ends and wraps around.
   */
  readonly entries: Int32Array;
  /** Where the points end in `entries`. */
  readonly end: number;
  /** For each prefix of a hash (its highest bits), the index in `entries` of the first point at or after it. */
  readonly index: Int32Array;
  /** How far to shift a hash to the right for its prefix. */
  readonly shift: number;
  /** Indexes in the given list of nodes too light to have a point. */
  readonly pointless: readonly number[];
}

/** A point as one integer that sorts by value, then by rank: 32 + 21 bits fit a double. */
const RANKS = 2 ** 21;

/** Hashes all names of all nodes into points and sorts them. For equal points, the order of `nodes` decides. */
export function sortPoints(nodes: readonly PlacedNode[], form: KetamaForm): SortedPoints {
  const ranked = form.meeting === 'first' ? nodes : nodes.toReversed();
  const prefixes = ranked.map((node) => form.namePrefix(node));
  const namesPerNode = form.namesPerNode(ranked);
  // A single node owns everything: one point is enough, without hashing.
  const sorted = ranked.length > 1 ? hashNames(prefixes, namesPerNode, form) : new Float64Array(ranked.length);
  const end = sorted.length * 2;
  const entries = new Int32Array(end + 2);
  for (let point = 0; point < sorted.length; point += 1) {
    const both = sorted[point] as number;
    const value = Math.floor(both / RANKS);
    entries[point * 2] = value - 2 ** 31;
    entries[point * 2 + 1] = (ranked[both - value * RANKS] as PlacedNode).index;
  }
  entries[end] = 2 ** 31 - 1;
  entries[end + 1] = entries[1] as number;
  const pointless = ranked.filter((_, rank) => namesPerNode[rank] === 0).map((node) => node.index);
  return { entries, end, pointless, ...indexStarts(entries, end) };
}

/** The points of all names, each with the rank of its node, in order. */
function hashNames(prefixes: readonly string[], namesPerNode: readonly number[], form: KetamaForm): Float64Array {
  const { pointsPerName } = form;
  const sorted = new Float64Array(namesPerNode.reduce((sum, names) => sum + names, 0) * pointsPerName);
  const points = new Int32Array(pointsPerName);
  let written = 0;
  for (const [rank, prefix] of prefixes.entries()) {
    const names = namesPerNode[rank] as number;
    for (let name = 0; name < names; name += 1) {
      form.placeName(`${prefix}${name}`, points);
      for (const value of points) {
        sorted[written] = (value >>> 0) * RANKS + rank;
        written += 1;
      }
    }
  }
  sorted.sort();
  return sorted;
}

/** 64 KiB of index, which fits the CPU cache next to other data; a larger one costs more than it saves. */
const MOST_INDEX_BITS = 14;

/**
 * About one prefix per point, up to the limit: a search then reads one or two points. With 512 nodes there are five
 * points per prefix.
 */
function indexStarts(entries: Int32Array, end: number): { readonly index: Int32Array; readonly shift: number } {
  const points = end / 2;
  const bits = Math.min(Math.max(1, Math.ceil(Math.log2(points))), MOST_INDEX_BITS);
  const index = new Int32Array(2 ** bits);
  const width = 2 ** (32 - bits);
  for (let start = 0, at = 0; start < index.length; start += 1) {
    while ((entries[at] as number) < start * width - 2 ** 31) at += 2;
    index[start] = at;
  }
  return { index, shift: 32 - bits };
}
