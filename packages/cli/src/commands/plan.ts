/** `sess plan`: what a change of nodes would move, before you make it. */
import { compare, type Distribution } from '@sess/hash-ring';

import { observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import { memoryAfter, type MemoryAfter } from '../cluster/memory-after.ts';
import { nodeReports, type NodeReport } from '../cluster/node-report.ts';
import { ringNodes } from '../cluster/ring.ts';
import { zoneReport, type ZoneReport } from '../cluster/zone-report.ts';
import { DONE, NO } from '../exit-codes.ts';
import { bytes, count, duration, percent, plural } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { table, type Column } from '../output/table.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';
import { nodeNamed } from './node-named.ts';
import { addedNodes, ringsOf, type Rings } from './plan-rings.ts';

export interface PlanOptions {
  /** A number of nodes, or their names. */
  readonly add?: string | undefined;
  readonly remove?: readonly string[] | undefined;
  readonly keysPerSecond: number;
}

interface Plan {
  readonly nodesBefore: readonly string[];
  readonly nodesAfter: readonly string[];
  readonly copies: number;
  /** Part of all sessions whose first owner changes, 0 to 1. */
  readonly movedShare: number;
  readonly isExact: boolean;
  /** Counted from the nodes' key listings. */
  readonly keys: number;
  readonly movedKeys: number;
  /** The nodes' average item, for every key that moves. */
  readonly movedBytes: number;
  readonly perNode: readonly NodePlan[];
  /** Nodes whose keys could not be listed. */
  readonly notListed: readonly { readonly node: string; readonly reason: string }[];
  readonly memory: MemoryAfter;
  /** After the change; `undefined` if zones decide nothing. */
  readonly zones: ZoneReport | undefined;
  /** Duration of draining the removed nodes, one after another. */
  readonly drainSeconds: number;
}

interface NodePlan {
  readonly node: string;
  readonly keys: number;
  readonly movedKeys: number;
  readonly movedBytes: number;
}

/** By default: three history intervals and the largest difference of clocks. */
const AGREEMENT_SECONDS = 35;

export async function plan({ output, settings, streams }: CommandContext, options: PlanOptions): Promise<number> {
  if (options.add === undefined && options.remove === undefined)
    throw new UsageError('What would change? Give --add NUMBER (or --add HOST:PORT), --remove ID, or both.');
  const asked = settings();
  const observed = await observe(asked);
  const progress = new Progress(output.progressStream);
  try {
    const now = observed.client.topology;
    const current = ringNodes(now).filter(({ id }) => now.rotation.includes(id));
    const gone = (options.remove ?? []).map((id) => nodeNamed(observed, id));
    const rings = ringsOf(asked.distribution, current, gone, addedNodes(options.add, current));
    const reports = await nodeReports(observed, asked);
    const walk = new Walk(observed, rings, reports, streams.signal, (text) => progress.say(text));
    const planned = await planOf(walk, options);
    progress.end();
    output.data(planned, () => planText(planned, output.width));
    return planned.memory.fits ? DONE : NO;
  } finally {
    progress.end();
    await observed.close();
  }
}

/** Lists and places the keys that are stored. */
class Walk {
  readonly rings: Rings;
  readonly reports: readonly NodeReport[];
  readonly copies: number;
  readonly #observed: ObservedCluster;
  readonly #signal: AbortSignal;
  readonly #print: (text: string) => void;

  constructor(
    observed: ObservedCluster,
    rings: Rings,
    reports: readonly NodeReport[],
    signal: AbortSignal,
    print: (text: string) => void,
  ) {
    this.#observed = observed;
    this.rings = rings;
    this.reports = reports;
    this.copies = observed.copies;
    this.#signal = signal;
    this.#print = print;
  }

  /** Counts a node's keys, and those whose new owner does not hold them now. */
  async node({ id, figures }: NodeReport): Promise<NodePlan | Error> {
    const { before, after } = this.rings;
    let keys = 0;
    let movedKeys = 0;
    try {
      for await (const key of this.#observed.nodes.get(id)?.keys?.({ signal: this.#signal }) ?? []) {
        // Skips the clients' own records, which are on every node.
        if (key.startsWith('@sess/')) continue;
        const owners = before.owners(key, this.copies).map((node) => node.id);
        // Counts a session on its first owner only: anything else is a further copy, or left over.
        if (owners[0] !== id) continue;
        keys += 1;
        if (!after.owners(key, this.copies).every((node) => owners.includes(node.id))) movedKeys += 1;
        if (keys % 10_000 === 0) this.#print(`${id}: ${count(keys)} keys`);
      }
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return error instanceof Error ? error : new Error(String(error));
    }
    const average = figures === undefined || figures.items === 0 ? 0 : figures.bytes / figures.items;
    return { node: id, keys, movedKeys, movedBytes: Math.round(movedKeys * average) };
  }
}

async function planOf(walk: Walk, { keysPerSecond }: PlanOptions): Promise<Plan> {
  const { rings, reports, copies } = walk;
  const inRotation = new Set(rings.before.nodes.map(({ id }) => id));
  const asked = reports.filter(({ id }) => inRotation.has(id));
  const walked = await Promise.all(asked.map(async (report) => [report.id, await walk.node(report)] as const));
  const perNode = walked.flatMap(([, result]) => (result instanceof Error ? [] : [result]));
  refuseIfUnknown(asked, perNode);
  const { moved, exact } = compare(rings.before, rings.after);
  const sum = (of: (node: NodePlan) => number): number => perNode.reduce((total, node) => total + of(node), 0);
  const drained = perNode.filter(({ node }) => rings.gone.includes(node));
  return {
    nodesBefore: rings.before.nodes.map(({ id }) => id),
    nodesAfter: rings.after.nodes.map(({ id }) => id),
    copies,
    movedShare: moved,
    isExact: exact,
    keys: sum(({ keys }) => keys),
    movedKeys: sum(({ movedKeys }) => movedKeys),
    movedBytes: sum(({ movedBytes }) => movedBytes),
    perNode,
    notListed: walked.flatMap(([node, result]) => (result instanceof Error ? [{ node, reason: result.message }] : [])),
    zones: zoneReport(rings.after, copies),
    memory: memoryAfter(idsOf(rings.before), idsOf(rings.after), asked),
    drainSeconds: drained.reduce((total, { keys }) => total + AGREEMENT_SECONDS + keys / keysPerSecond, 0),
  };
}

/** Without a node that says what it holds, every figure would be 0. */
function refuseIfUnknown(asked: readonly NodeReport[], perNode: readonly NodePlan[]): void {
  if (perNode.length > 0 || asked.some(({ figures }) => figures !== undefined)) return;
  const reasons = asked.map(({ id, error }) => `${id} (${error ?? 'no statistics'})`);
  throw new Error(`No node says what it holds, so nothing can be planned: ${reasons.join(', ')}`);
}

function idsOf({ nodes }: Distribution): readonly string[] {
  return nodes.map(({ id }) => id);
}

const COLUMNS: readonly Column<NodePlan>[] = [
  { title: 'node', cell: ({ node }) => node },
  { title: 'sessions', align: 'right', cell: ({ keys }) => count(keys) },
  { title: 'would move', align: 'right', cell: ({ movedKeys }) => count(movedKeys) },
  { title: 'about', align: 'right', cell: ({ movedBytes }) => bytes(movedBytes) },
];

function planText(planned: Plan, width: number): string {
  const { nodesBefore, nodesAfter, movedShare, isExact, memory } = planned;
  const gone = nodesBefore.filter((id) => !nodesAfter.includes(id));
  const share = `${isExact ? '' : 'about '}${percent(movedShare)}`;
  return [
    `From ${plural(nodesBefore.length, 'node')} to ${nodesAfter.length}: ${share} of the sessions get another owner.`,
    ...(planned.perNode.length === 0
      ? ['No node lists its keys: how many sessions that are is not known.']
      : [
          `Of the ${plural(planned.keys, 'session')} that are there now, ${count(planned.movedKeys)} would move, about ${bytes(planned.movedBytes)}.`,
          '',
          table(COLUMNS, planned.perNode, width),
        ]),
    '',
    `Memory afterwards: ${bytes(memory.usedBytes)} used of ${bytes(memory.limitBytesAfter)} (${percent(memory.usedBytes / Math.max(1, memory.limitBytesAfter))}).${
      memory.fits ? '' : ' That is too little: sessions would be evicted. Add memory, or a node, first.'
    }`,
    ...(planned.zones === undefined ? [] : zonesText(planned.zones, planned.copies)),
    ...(gone.length === 0
      ? ['Sessions move when they are asked for: nobody waits, and nothing is lost.']
      : [drainText(planned, gone)]),
    ...planned.notListed.map(({ node, reason }) => `${node} is not counted: ${reason}`),
  ].join('\n');
}

function drainText({ perNode, drainSeconds }: Plan, gone: readonly string[]): string {
  const drain = `Drain ${gone.length === 1 ? 'it' : 'them, one after another,'} first`;
  return gone.every((id) => perNode.some(({ node }) => node === id))
    ? `${drain} (\`sess drain ${gone[0]}\`): about ${duration(drainSeconds)}.`
    : `${drain}: \`sess drain ${gone[0]}\`, or with --until-expired if it lists no keys.`;
}

function zonesText({ zones, areTooFew, small, unknown }: ZoneReport, copies: number): readonly string[] {
  const named = zones.map(
    ({ zone, nodes, held }) => `${zone ?? 'without a zone'} ${percent(held)} (${plural(nodes, 'node')})`,
  );
  return [
    `Of all copies, zones hold afterwards: ${named.join(', ')}.`,
    ...(areTooFew
      ? [`The loss of a zone can take all ${copies} copies of a session: add a node in another zone.`]
      : []),
    ...small.map(
      ({ zone, held, fair }) =>
        `${zone ?? 'What has no zone'} holds ${(held / fair).toFixed(1)} times as much as its nodes would without zones, and is full first: add a node to it, or memory.`,
    ),
    ...(unknown.length > 0
      ? [`Nobody says in which zone ${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'}.`]
      : []),
  ];
}
