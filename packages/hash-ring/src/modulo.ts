import type { Distribution, RingNode } from './distribution.ts';
import { badKey, checkOwnersCall, onlyNode } from './lookup.ts';
import { md5KeyHash } from './md5.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { checkOptions, oneOf } from './options.ts';
import { placeNodes } from './placement.ts';
import { spread, zonesOf, type Zones } from './zones.ts';

export interface ModuloOptions {
  /**
   * What a key is hashed with: Jenkins's `one-at-a-time` (default, as in libmemcached) or the first four bytes of
   * `md5`.
   */
  readonly hash?: 'one-at-a-time' | 'md5';
}

/**
 * hash(key) % number of nodes, as libmemcached's default distribution does it. The order of the nodes is part of the
 * definition: another order means other owners, and one node more or less moves nearly every key. Weights don't count.
 *
 * @throws {HashRingError} `SESS_BAD_NODE` when a node cannot be used; `SESS_BAD_OPTION` when an option is wrong.
 */
export function modulo<N extends RingNode>(nodes: readonly N[], options: ModuloOptions = {}): Distribution<N> {
  checkOptions('modulo', options, ['hash']);
  const hash = oneOf('modulo.hash', options.hash, ['one-at-a-time', 'md5'], 'one-at-a-time');
  return new ModuloList(nodes, hash === 'md5' ? md5KeyHash : oneAtATime);
}

/** Nodes that share keys by the remainder of a division. */
export class ModuloList<N extends RingNode> implements Distribution<N> {
  readonly nodes: readonly N[];
  readonly #hash: (key: string) => number;
  readonly #zones: Zones | undefined;

  constructor(nodes: readonly N[], hash: (key: string) => number) {
    placeNodes(nodes);
    this.nodes = Object.freeze([...nodes]);
    this.#hash = hash;
    this.#zones = zonesOf(nodes);
  }

  owner(key: string): N {
    if (typeof key !== 'string') throw badKey(key);
    const { nodes } = this;
    if (nodes.length < 2) return onlyNode(nodes);
    return nodes[(this.#hash(key) >>> 0) % nodes.length] as N;
  }

  /**
   * The owner and the nodes behind it in the list, from whose end it goes on at the beginning; those in other zones
   * first.
   */
  owners(key: string, count: number): readonly N[] {
    checkOwnersCall(key, count);
    const { nodes } = this;
    if (nodes.length === 0) return [];
    const first = (this.#hash(key) >>> 0) % nodes.length;
    if (this.#zones === undefined) return [...nodes.slice(first), ...nodes.slice(0, first)].slice(0, count);
    const places = nodes.map((_, place) => (first + place) % nodes.length);
    return spread(places, count, this.#zones).map((place) => nodes[place] as N);
  }

  withNodes(nodes: readonly N[]): Distribution<N> {
    return new ModuloList(nodes, this.#hash);
  }
}
