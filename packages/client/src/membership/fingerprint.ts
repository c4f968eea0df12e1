/**
 * Fingerprints of distributions. Processes must detect that their distributions differ: a rolling deploy that changes
 * the distribution moves nearly every key, and is a change of views like any other.
 */
import { createHash } from 'node:crypto';

import { ketama, modulo, rendezvous, type RingNode } from '@sess/hash-ring';

import { ORDERED } from './history.ts';
import type { DistributionFactory, View } from './view.ts';

const SAMPLE_NODES: readonly RingNode[] = [1, 2, 1, 3].map((weight, index) => ({
  id: `192.0.2.${index + 1}:11211`,
  weight,
}));
const SAMPLE_KEYS: readonly string[] = Array.from({ length: 64 }, (_, index) => `sample/${index}`);

/** The distributions of @sess: this client understands views with any of them, whatever it uses itself. */
const KNOWN: readonly DistributionFactory[] = [
  (nodes) => ketama(nodes),
  (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' }),
  (nodes) => ketama(nodes, { compatibleWith: 'spymemcached' }),
  (nodes) => modulo(nodes),
  (nodes) => modulo(nodes, { hash: 'md5' }),
  (nodes) => rendezvous(nodes),
];

/** Equal for distributions that place a sample of keys on the same nodes; empty for ketama with its defaults. */
export function fingerprintOf(distribute: DistributionFactory): string {
  const own = placesOf(distribute, SAMPLE_NODES);
  if (own === placesOf(ketama, SAMPLE_NODES)) return '';
  const hash = createHash('sha256').update(own).digest('hex').slice(0, 12);
  return own === placesOf(distribute, SAMPLE_NODES.toReversed()) ? hash : `${ORDERED}${hash}`;
}

function placesOf(distribute: DistributionFactory, nodes: readonly RingNode[]): string {
  const distribution = distribute(nodes);
  return SAMPLE_KEYS.map((key) =>
    distribution
      .owners(key, 2)
      .map(({ id }) => id)
      .join(),
  ).join(' ');
}

let known: ReadonlyMap<string, DistributionFactory> | undefined;

/** The distribution of a fingerprint if it is one of @sess; `undefined` for a custom one. */
export function knownDistribution(fingerprint: string): DistributionFactory | undefined {
  known ??= new Map(KNOWN.map((distribute) => [fingerprintOf(distribute), distribute]));
  return known.get(fingerprint);
}

const rings = new WeakMap<View, string>();

/** Equal for clients that place keys alike: 12 hexadecimal digits. Cached per view, because tools ask often. */
export function ringOf(view: View): string {
  const cached = rings.get(view);
  if (cached !== undefined) return cached;
  const made = createHash('sha256').update(view.id).digest('hex').slice(0, 12);
  rings.set(view, made);
  return made;
}
