import type { Distribution, RingNode } from './distribution.ts';
import { badKey, checkOwnersCall, onlyNode } from './lookup.ts';
import { md5KeyHash } from './md5.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { checkOptions, oneOf } from './options.ts';
import { placeNodes } from './placement.ts';
import { spread, zonesOf, type Zones } from './zones.ts';

export interface ModuloOptions {
  /** The key hash: Jenkins's `one-at-a-time` (default, as in libmemcached) or the first four bytes of `md5`. */
  readonly hash?: 'one-at-a-time' | 'md5';
}

/**
 * hash(key) % number of nodes, as in libmemcached's default distribution. Owners depend on the order of the nodes, and
 * one node more or less moves nearly every key. Ignores weights.
 *
 * @throws {HashRingError} `SESS_BAD_NODE` if a node is invalid; `SESS_BAD_OPTION` if an option is wrong.
 */
export function modulo<N extends RingNode>(nodes: readonly N[], options: ModuloOptions = {}): Distribution<N> {
  checkOptions('modulo', options, ['hash']);
  const hash = oneOf('modulo.hash', options.hash, ['one-at-a-time', 'md5'], 'one-at-a-time');
  return new ModuloList(nodes, hash === 'md5' ? md5KeyHash : oneAtATime);
}

/** The distribution of {@link modulo}. */
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

  /** The owner, then the nodes after it in the list, wrapping around at the end; nodes in further zones first. */
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
