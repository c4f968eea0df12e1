import { ownedArcs } from './arcs.ts';
import type { Distribution } from './distribution.ts';
import { HashRingError, shown } from './errors.ts';
import { MoveCount } from './moves.ts';
import type { Flow } from './moves.ts';
import { checkOptions } from './options.ts';
import { PointRing } from './point-ring.ts';
import { sampleKeys } from './sample-keys.ts';

/** The keys that a change of distribution moves. */
export interface Comparison {
  /** Fraction of all keys whose owner changes, 0 to 1: the sum of `flows`. */
  readonly moved: number;
  /** All pairs of nodes between which keys move, the largest flow first. */
  readonly flows: readonly Flow[];
  /** Whether the result covers every possible hash of a key. If not, it is estimated from `samples` keys. */
  readonly exact: boolean;
  /** Number of sampled keys, if the result is not exact. */
  readonly samples?: number;
}

export interface CompareOptions {
  /**
   * Number of keys to sample if no exact result can be computed: a whole number above 0. Default 65,536, for a standard
   * error of `moved` of at most 0.002. The keys are the same every time.
   */
  readonly samples?: number;
}

const DEFAULT_SAMPLES = 65_536;

/**
 * Computes which fraction of all keys changes its owner from one distribution to another, and between which nodes.
 * Nodes with the same id are the same.
 *
 * Exact for two `ketama` distributions with the same key hash (`libmemcached-weighted` and `spymemcached` share one),
 * or if one of them has a single node. Sampled for all others; `exact` says which.
 *
 * @throws {HashRingError} `SESS_NO_NODES` if one of them has no nodes; `SESS_BAD_OPTION` if an option is wrong.
 */
export function compare(before: Distribution, after: Distribution, options: CompareOptions = {}): Comparison {
  checkOptions('compare', options, ['samples']);
  const { samples = DEFAULT_SAMPLES } = options;
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new HashRingError(
      'SESS_BAD_OPTION',
      `compare.samples: expected a whole number above 0, got ${shown(samples)}. Leave it out for ${DEFAULT_SAMPLES}.`,
    );
  }
  for (const [name, { nodes }] of Object.entries({ before, after })) {
    if (nodes.length > 0) continue;
    throw new HashRingError(
      'SESS_NO_NODES',
      `compare: expected nodes in both distributions, got none in "${name}". Compare once there are some.`,
    );
  }
  if (before instanceof PointRing && after instanceof PointRing && areOnOneCircle(before, after))
    return compareRings(before, after);
  return compareSamples(before, after, samples);
}

/** Whether both rings hash keys alike; irrelevant for a ring of one node. */
function areOnOneCircle(before: PointRing, after: PointRing): boolean {
  return before.form.keyHash === after.form.keyHash || before.nodes.length === 1 || after.nodes.length === 1;
}

/** Walks both rings together, from one end of an arc to the next. */
function compareRings(before: PointRing, after: PointRing): Comparison {
  const moves = new MoveCount();
  const later = ownedArcs(after);
  let target = later.next();
  let from = 0;
  for (const source of ownedArcs(before)) {
    while (from < source.end && !target.done) {
      const to = Math.min(source.end, target.value.end);
      moves.add(source.owner, target.value.owner, to - from);
      from = to;
      if (to === target.value.end) target = later.next();
    }
  }
  return { ...moves.outOf(2 ** 32), exact: true };
}

function compareSamples(before: Distribution, after: Distribution, samples: number): Comparison {
  const moves = new MoveCount();
  for (const key of sampleKeys(samples)) moves.add(before.owner(key).id, after.owner(key).id, 1);
  return { ...moves.outOf(samples), exact: false, samples };
}
