import type { Distribution, RingNode } from './distribution.ts';
import type { KetamaForm } from './ketama-forms.ts';
import { badKey, checkOwnersCall, onlyNode } from './lookup.ts';
import { placeNodes } from './placement.ts';
import { sortPoints } from './points.ts';
import type { SortedPoints } from './points.ts';
import { spread, zonesOf, type Zones } from './zones.ts';

/** For more owners than this, a flag per node is cheaper than searching the owners found so far. */
const FEW_OWNERS = 8;

/** A ring of points, sorted once and searched through an index. */
export class PointRing<N extends RingNode = RingNode> implements Distribution<N> {
  readonly nodes: readonly N[];
  /** The sorted points, for {@link compare} and {@link shares}. */
  readonly points: SortedPoints;
  readonly form: KetamaForm;
  readonly #zones: Zones | undefined;

  constructor(nodes: readonly N[], form: KetamaForm) {
    this.points = sortPoints(placeNodes(nodes), form);
    this.nodes = Object.freeze([...nodes]);
    this.form = form;
    this.#zones = zonesOf(nodes);
  }

  owner(key: string): N {
    if (typeof key !== 'string') throw badKey(key);
    const { nodes } = this;
    if (nodes.length < 2) return onlyNode(nodes);
    const { entries } = this.points;
    // Every entry has a valid index of `nodes`.
    return nodes[entries[this.#find(this.form.keyHash(key)) + 1] as number] as N;
  }

  owners(key: string, count: number): readonly N[] {
    checkOwnersCall(key, count);
    const { nodes } = this;
    const wanted = Math.min(count, nodes.length);
    if (wanted === 0) return [];
    if (wanted === 1) return [this.owner(key)];
    const found =
      this.#zones === undefined ? this.#clockwise(key, wanted) : spread(this.#walk(key), wanted, this.#zones);
    return found.map((node) => nodes[node] as N);
  }

  /** The first `wanted` nodes clockwise from the key. */
  #clockwise(key: string, wanted: number): readonly number[] {
    const { entries, end, pointless } = this.points;
    const found: number[] = [];
    const flags = wanted > FEW_OWNERS ? new Uint8Array(this.nodes.length) : undefined;
    let at = this.#find(this.form.keyHash(key));
    for (let left = end; left > 0 && found.length < wanted; left -= 2, at += 2) {
      if (at >= end) at = 0;
      const node = entries[at + 1] as number;
      if (flags === undefined ? found.includes(node) : flags[node] === 1) continue;
      if (flags !== undefined) flags[node] = 1;
      found.push(node);
    }
    // Nodes too light for a point come last.
    for (const node of pointless) if (found.length < wanted) found.push(node);
    return found;
  }

  /** Yields all nodes clockwise from the key: how many are needed depends on their zones. */
  *#walk(key: string): Generator<number, undefined> {
    const { entries, end, pointless } = this.points;
    const met = new Uint8Array(this.nodes.length);
    let at = this.#find(this.form.keyHash(key));
    for (let left = end; left > 0; left -= 2, at += 2) {
      if (at >= end) at = 0;
      const node = entries[at + 1] as number;
      if (met[node] === 1) continue;
      met[node] = 1;
      yield node;
    }
    yield* pointless;
  }

  withNodes(nodes: readonly N[]): Distribution<N> {
    return new PointRing(nodes, this.form);
  }

  /** The index in `entries` of the first point at or after `hash`. */
  #find(hash: number): number {
    const { entries, index, shift } = this.points;
    const value = hash ^ -0x8000_0000;
    let at = index[hash >>> shift] as number;
    while ((entries[at] as number) < value) at += 2;
    return at;
  }
}
