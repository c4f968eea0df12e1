import { ownedArcs } from './arcs.ts';
import type { Distribution } from './distribution.ts';
import { ModuloList } from './modulo.ts';
import { PointRing } from './point-ring.ts';
import { RendezvousList } from './rendezvous.ts';
import { sampleKeys } from './sample-keys.ts';

const HASHES = 2 ** 32;
const SAMPLES = 65_536;

/**
 * The fraction of the key space that each node owns, by node id, in the order of the nodes: numbers from 0 to 1 that
 * add up to 1.
 *
 * Exact over all 2^32 hashes for `ketama` and `modulo`; weight / total weight, the expected value, for `rendezvous`;
 * counted over 65,536 sample keys for a distribution of your own. Empty if there are no nodes.
 */
export function shares(distribution: Distribution): Map<string, number> {
  const { nodes } = distribution;
  const amounts = new Map(nodes.map(({ id }) => [id, 0]));
  let all = 0;
  for (const [id, amount] of nodes.length === 0 ? [] : ownedAmounts(distribution)) {
    amounts.set(id, (amounts.get(id) ?? 0) + amount);
    all += amount;
  }
  return new Map([...amounts].map(([id, amount]) => [id, amount / all]));
}

/** Amounts per node in any unit, which add up to the whole; a node may occur several times. */
function* ownedAmounts(distribution: Distribution): Generator<readonly [id: string, amount: number]> {
  const { nodes } = distribution;
  if (distribution instanceof PointRing) {
    let from = 0;
    for (const { owner, end } of ownedArcs(distribution)) {
      yield [owner, end - from];
      from = end;
    }
  } else if (distribution instanceof ModuloList) {
    for (const [remainder, { id }] of nodes.entries()) yield [id, Math.ceil((HASHES - remainder) / nodes.length)];
  } else if (distribution instanceof RendezvousList) {
    const largest = nodes.reduce((most, { weight = 1 }) => Math.max(most, weight), 0);
    for (const { id, weight = 1 } of nodes) yield [id, weight / largest];
  } else {
    for (const key of sampleKeys(SAMPLES)) yield [distribution.owner(key).id, 1];
  }
}
