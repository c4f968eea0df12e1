/** The ring before and after a planned change. */
import type { Distribution, RingNode } from '@sess/hash-ring';

import { UsageError } from '../usage-error.ts';

export interface Rings {
  readonly before: Distribution;
  readonly after: Distribution;
  readonly gone: readonly string[];
}

/** The name of a new node until it has one: the name decides where its points are, but not how many keys move. */
const UNNAMED = 'new-node';

/** @throws {UsageError} if no node would be left */
export function ringsOf(
  distribution: (nodes: readonly RingNode[]) => Distribution,
  current: readonly RingNode[],
  gone: readonly string[],
  added: readonly RingNode[],
): Rings {
  const stays = current.filter(({ id }) => !gone.includes(id));
  const left = [...stays, ...inZones(added, stays)];
  if (left.length === 0) throw new UsageError('No node would be left: add one first.');
  return { before: distribution(current), after: distribution(left), gone };
}

/**
 * Parses a number of nodes, or `HOST:PORT` or `HOST:PORT@ZONE`.
 *
 * @throws {UsageError} if it is neither, or if the node is listed already
 */
export function addedNodes(add: string | undefined, current: readonly RingNode[]): readonly RingNode[] {
  if (add === undefined) return [];
  if (/^\d+$/.test(add)) {
    const amount = Number(add);
    if (amount < 1 || amount > 1_000) throw new UsageError(`--add: expected 1 to 1,000 nodes; came ${add}.`);
    return Array.from({ length: amount }, (_, index) => ({ id: `${UNNAMED}-${index + 1}:11211` }));
  }
  return add.split(',').map((name) => {
    const { id = '', zone } = /^(?<id>[^\s@]+:\d{1,5})(?:@(?<zone>[\w.:-]{1,64}))?$/.exec(name.trim())?.groups ?? {};
    if (id === '')
      throw new UsageError(`--add: expected a number, HOST:PORT or HOST:PORT@ZONE; came "${name.trim()}".`);
    if (current.some((node) => node.id === id)) throw new UsageError(`--add: ${id} is in rotation already.`);
    return { id, ...(zone !== undefined && { zone }) };
  });
}

/** If nodes have zones, a new node without one goes to the zone with the fewest nodes. */
function inZones(added: readonly RingNode[], others: readonly RingNode[]): readonly RingNode[] {
  const sizes = new Map<string, number>();
  const enter = (zone: string | undefined): void => {
    if (zone !== undefined) sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
  };
  for (const node of [...others, ...added]) enter(node.zone);
  return added.map((node) => {
    const [smallest] = [...sizes].toSorted(([, one], [, other]) => one - other);
    if (node.zone !== undefined || smallest === undefined) return node;
    enter(smallest[0]);
    return { ...node, zone: smallest[0] };
  });
}
