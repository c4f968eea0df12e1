/** `sess simulate`: how strategies handle a change of nodes. Connects to no server. */
import { compare, shares, type RingNode } from '@sess/hash-ring';

import { DISTRIBUTIONS } from '../cluster/settings.ts';
import { DONE } from '../exit-codes.ts';
import { percent, plural } from '../output/format.ts';
import { table, type Column } from '../output/table.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';

export interface SimulateOptions {
  readonly from: string;
  readonly to: string;
}

interface StrategyResult {
  readonly strategy: string;
  /** Share of the sessions whose owner changes, 0 to 1. */
  readonly moved: number;
  readonly isExact: boolean;
  /** The largest share of a node after the change, as a multiple of an even share. */
  readonly fullest: number;
  readonly shares: Readonly<Record<string, number>>;
}

export async function simulate({ output }: CommandContext, { from, to }: SimulateOptions): Promise<number> {
  const [before, after] = [nodesOf('--from', from), nodesOf('--to', to)];
  const results = Object.entries(DISTRIBUTIONS).map(([strategy, distribution]): StrategyResult => {
    const [ringBefore, ringAfter] = [distribution(before), distribution(after)];
    const { moved, exact } = compare(ringBefore, ringAfter);
    const owned = shares(ringAfter);
    const fullest = Math.max(...owned.values()) * after.length;
    return { strategy, moved, isExact: exact, fullest, shares: Object.fromEntries(owned) };
  });
  const least = leastPossible(before, after);
  output.data({ nodesBefore: before.length, nodesAfter: after.length, least, strategies: results }, () =>
    [
      `From ${plural(before.length, 'node')} to ${after.length}; ${percent(least)} must move at the least.`,
      '',
      table(COLUMNS, results, output.width),
      '',
      'With @sess, what moves is found where it was: nobody is logged out. With a client that asks one node only, it is lost.',
    ].join('\n'),
  );
  return DONE;
}

const COLUMNS: readonly Column<StrategyResult>[] = [
  { title: 'strategy', cell: ({ strategy }) => strategy },
  {
    title: 'sessions that move',
    align: 'right',
    cell: ({ moved, isExact }) => `${isExact ? '' : '~'}${percent(moved)}`,
  },
  { title: 'fullest node, of an even share', align: 'right', cell: ({ fullest }) => percent(fullest) },
];

/** A number of nodes, or a list of their names. */
function nodesOf(option: string, given: string): readonly RingNode[] {
  if (/^\d+$/.test(given)) {
    const amount = Number(given);
    if (amount < 1 || amount > 1_000) throw new UsageError(`${option}: expected 1 to 1,000 nodes; came ${given}.`);
    return Array.from({ length: amount }, (_, index) => ({ id: `node-${index + 1}:11211` }));
  }
  const nodes = given.split(',').map((name) => ({ id: name.trim() }));
  if (nodes.some(({ id }) => id === '')) throw new UsageError(`${option}: there is a name missing in "${given}".`);
  if (new Set(nodes.map(({ id }) => id)).size < nodes.length)
    throw new UsageError(`${option}: a name is there twice in "${given}".`);
  return nodes;
}

/** The least share that must move: that of the new or removed nodes, if every node has the same share. */
function leastPossible(before: readonly RingNode[], after: readonly RingNode[]): number {
  const stays = after.filter(({ id }) => before.some((node) => node.id === id)).length;
  return 1 - stays / Math.max(before.length, after.length);
}
