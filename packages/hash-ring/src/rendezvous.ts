import type { Distribution, RingNode } from './distribution.ts';
import { badKey, checkOwnersCall, onlyNode } from './lookup.ts';
import { md5 } from './md5.ts';
import { placeNodes } from './placement.ts';
import { spread, zonesOf, type Zones } from './zones.ts';

/**
 * Rendezvous (highest random weight) hashing: every node draws a number for the key, and the best draw owns it.
 *
 * Shares follow the weights exactly, and a change of one node or its weight never moves a key between two others. The
 * time of a lookup grows with the number of nodes. No other client places keys like this; `RendezvousList` describes
 * the algorithm.
 *
 * @throws {HashRingError} `SESS_BAD_NODE` if a node is invalid.
 */
export function rendezvous<N extends RingNode>(nodes: readonly N[]): Distribution<N> {
  return new RendezvousList(nodes);
}

/** Adjacent nodes of equal weight, whose draws can be compared without a logarithm for each. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly logWeight: number;
}

/**
 * How a node draws: k0, k1 are the first two little-endian words of the key's MD5, n0, n1 of the MD5 of the node's id.
 * Then draw = mix(mix(k0 ^ n0) + (k1 ^ n1)) with the finalizer of MurmurHash3 (32 bits) as mix, u = (draw + 0.5) /
 * 2^32, and the node with the lowest -ln(u) / weight owns the key. The code compares ln(-ln(u)) - ln(weight), which
 * cannot overflow. If two nodes are equal, the lighter one comes first, then the order of hosts and ports decides.
 */
export class RendezvousList<N extends RingNode> implements Distribution<N> {
  readonly nodes: readonly N[];
  /** The nodes by weight, then in placement order. */
  readonly #drawing: readonly N[];
  /** n0, n1 of each drawing node, in turn. */
  readonly #seeds: Int32Array;
  readonly #runs: readonly Run[];
  /** Zones of the drawing nodes. */
  readonly #zones: Zones | undefined;

  constructor(nodes: readonly N[]) {
    const placed = placeNodes(nodes).toSorted((one, other) => one.weight - other.weight);
    const starts = placed.flatMap(({ weight }, at) => (weight === placed[at - 1]?.weight ? [] : [at]));
    this.nodes = Object.freeze([...nodes]);
    this.#drawing = placed.map(({ index }) => nodes[index] as N);
    this.#zones = zonesOf(this.#drawing);
    this.#seeds = Int32Array.from(placed.flatMap(({ id }) => [...md5(id).subarray(0, 2)]));
    this.#runs = starts.map((from, run) => ({
      from,
      to: starts[run + 1] ?? placed.length,
      logWeight: Math.log(placed[from]?.weight ?? 1),
    }));
  }

  owner(key: string): N {
    if (typeof key !== 'string') throw badKey(key);
    if (this.nodes.length < 2) return onlyNode(this.nodes);
    const digest = md5(key);
    const k0 = digest[0] as number;
    const k1 = digest[1] as number;
    let owner = 0;
    let lowest = Infinity;
    for (let at = 0; at < this.#runs.length; at += 1) {
      const run = this.#runs[at] as Run;
      let best = run.from;
      let highest = -1;
      for (let node = run.from; node < run.to; node += 1) {
        const drawn = this.#draw(k0, k1, node);
        if (drawn > highest) {
          highest = drawn;
          best = node;
        }
      }
      const cost = costOf(highest, run.logWeight);
      if (cost < lowest) {
        lowest = cost;
        owner = best;
      }
    }
    return this.#drawing[owner] as N;
  }

  owners(key: string, count: number): readonly N[] {
    checkOwnersCall(key, count);
    const wanted = Math.min(count, this.nodes.length);
    if (wanted === 0) return [];
    if (wanted === 1) return [this.owner(key)];
    const found =
      this.#zones === undefined
        ? this.#best(key, wanted)
        : spread(this.#best(key, this.nodes.length), wanted, this.#zones);
    return found.map((node) => this.#drawing[node] as N);
  }

  /** The `wanted` best of the drawing nodes, the best one first. */
  #best(key: string, wanted: number): readonly number[] {
    const digest = md5(key);
    const k0 = digest[0] as number;
    const k1 = digest[1] as number;
    const ranking: { readonly node: number; readonly cost: number }[] = [];
    for (const { from, to, logWeight } of this.#runs) {
      for (let node = from; node < to; node += 1) {
        const cost = costOf(this.#draw(k0, k1, node), logWeight);
        if (ranking.length === wanted && cost >= (ranking.at(-1)?.cost ?? Infinity)) continue;
        const place = ranking.findLastIndex((ahead) => ahead.cost <= cost) + 1;
        ranking.splice(place, 0, { node, cost });
        ranking.length = Math.min(ranking.length, wanted);
      }
    }
    return ranking.map(({ node }) => node);
  }

  withNodes(nodes: readonly N[]): Distribution<N> {
    return new RendezvousList(nodes);
  }

  #draw(k0: number, k1: number, node: number): number {
    const n0 = this.#seeds[node * 2] as number;
    const n1 = this.#seeds[node * 2 + 1] as number;
    return mix((mix(k0 ^ n0) + (k1 ^ n1)) | 0) >>> 0;
  }
}

function costOf(drawn: number, logWeight: number): number {
  return Math.log(-Math.log((drawn + 0.5) / 2 ** 32)) - logWeight;
}

/** The finalizer of MurmurHash3, 32 bits. Source: Austin Appleby's `fmix32`. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), -0x7a143595);
  mixed = Math.imul(mixed ^ (mixed >>> 13), -0x3d4d51cb);
  return mixed ^ (mixed >>> 16);
}
