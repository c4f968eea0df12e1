/**
 * The format for many views of many nodes: a table names each node once, and a view has one bit per node. A thousand
 * views of three hundred nodes take about a hundred kilobytes. If the order of nodes decides owners, the view lists
 * their indexes in the table instead.
 */
import {
  CAUSES,
  checkedCopies,
  checkedDistribution,
  checkedId,
  checkedLatest,
  checkedTime,
  checkedTtl,
  checkedWeight,
  checkedZone,
  isWhole,
  listOf,
  MAX_NODES,
  unreadable,
  type ViewUse,
} from './history-checks.ts';
import { Effort, NAMES, PLACES } from './effort.ts';
import { checkCharacters, checkNodes, type HistoryLimits } from './history-limits.ts';
import { confirmed, labelOf, ORDERED, viewIdOf, type ViewEntry, type ViewNode } from './history.ts';

export const MAX_TABLE_VIEWS = 4096;
/** A node has one row for each weight and zone that it had. */
const MAX_TABLE_NODES: number = 4 * MAX_NODES;
export const MAX_DISTRIBUTIONS = 64;

export interface ViewTable {
  readonly nodes: readonly (readonly [id: string, weight: number])[];
  /** The views' {@link ViewEntry.latest}, in their order; 0 without. Omitted if none has one; earlier versions ignore it. */
  readonly latest?: readonly number[];
  /** Zones in the order of the nodes; omitted if no node has one, and ignored by earlier versions. */
  readonly zones?: readonly (string | null)[];
  readonly distributions: readonly string[];
  readonly views: readonly unknown[];
}

export function encodeTable(entries: readonly ViewEntry[]): ViewTable {
  // By object first: the views of a table that was read share their nodes, and names are slow to make.
  const names = new Map<ViewNode, string>();
  for (const { nodes } of entries) for (const node of nodes) if (!names.has(node)) names.set(node, nameOf(node));
  const known = new Map([...names].map(([node, name]) => [name, node]));
  const table = [...known].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const placesOfNames = new Map(table.map(([name], index) => [name, index]));
  const places = new Map([...names].map(([node, name]) => [node, placesOfNames.get(name) as number]));
  const distributions = [...new Set(entries.map(({ distribution }) => distribution))];
  const views = entries.map(({ nodes, copies, distribution, cause, since, confirmedAt, ttlSeconds }) => {
    const indexes = nodes.map((node) => places.get(node) as number);
    const who = distribution.startsWith(ORDERED) ? indexes : bitsOf(indexes, table.length);
    return [who, copies, distributions.indexOf(distribution), CAUSES.indexOf(cause), since, confirmedAt, ttlSeconds];
  });
  const zones = table.map(([, { zone }]) => zone ?? null);
  return {
    nodes: table.map(([, { id, weight }]) => [id, weight]),
    ...(entries.some(({ latest }) => latest !== undefined) && { latest: entries.map(({ latest = 0 }) => latest) }),
    ...(zones.some((zone) => zone !== null) && { zones }),
    distributions,
    views,
  };
}

/** A row of the table of nodes. */
interface Row {
  readonly node: ViewNode;
  readonly label: string;
  /** Equal for rows whose names mean the same node. */
  readonly spelling: number;
}

/**
 * Reads the views of a table.
 *
 * Yields when the event loop should get a turn.
 *
 * @throws {HistoryRefused}
 */
export function* readTable(
  given: Record<string, unknown>,
  latest: number,
  limits: HistoryLimits,
): Generator<void, ReadonlyMap<string, ViewEntry>> {
  const effort = new Effort();
  const rows: Row[] = [];
  const spellings = new Map<string, number>();
  const zones = listOf('zones', given['zones'] ?? [], MAX_TABLE_NODES);
  for (const [index, item] of listOf('nodes', given['nodes'], MAX_TABLE_NODES).entries()) {
    const [name, weight] = listOf('fields of a node', item, 2);
    const { id, spelling } = checkedId(name);
    const node: ViewNode = { id, weight: checkedWeight(id, weight), ...checkedZone(id, zones[index]) };
    const number = spellings.get(spelling) ?? spellings.size;
    spellings.set(spelling, number);
    rows.push({ node, label: labelOf(node), spelling: number });
    if (effort.takes(NAMES, 1)) yield;
  }
  const distributions = listOf('distributions', given['distributions'], MAX_DISTRIBUTIONS).map(checkedDistribution);
  const ends = listOf('latest times', given['latest'] ?? [], MAX_TABLE_VIEWS);
  const lists = listOf('views', given['views'], MAX_TABLE_VIEWS).map((item) => listOf('fields of a view', item, 7));
  const members = lists.map(([who]) => membersIn(who, rows.length));
  checkNodes(
    members.reduce((sum, who) => sum + sizeOf(who), 0),
    limits,
  );
  const nodesOf = nodesIn(rows);
  const views = new Map<string, ViewEntry>();
  let characters = 0;
  for (const [index, [, copies, fingerprint, cause, since, confirmedAt, ttl]] of lists.entries()) {
    const who = members[index] ?? [];
    const distribution = pick('distribution', fingerprint, distributions);
    const { nodes, labels } = nodesOf(Buffer.isBuffer(who) ? indexesIn(who) : who, distribution.startsWith(ORDERED));
    for (const { length } of labels) characters += length;
    checkCharacters(characters, limits);
    const at = checkedTime(confirmedAt, latest);
    const entry = confirmed(
      {
        nodes,
        copies: checkedCopies(copies),
        distribution,
        cause: pick('cause', cause, CAUSES),
        since: checkedTime(since, latest),
      },
      {
        confirmedAt: at,
        latest: checkedLatest(ends[index] ?? 0, at),
        ttlSeconds: Math.min(checkedTtl(ttl), limits.ttlSeconds),
      },
    );
    views.set(viewIdOf(labels, entry.copies, distribution), entry);
    if (effort.takes(PLACES, nodes.length)) yield;
  }
  return views;
}

/** What the views say about the node `id`. Checks nothing else of them. */
export function usesInTable(given: Record<string, unknown>, id: string, latest: number): readonly ViewUse[] {
  const nodes = listOf('nodes', given['nodes'], MAX_TABLE_NODES);
  const rows = [...nodes.keys()].filter((index) => listOf('fields of a node', nodes[index], 2)[0] === id);
  return listOf('views', given['views'], MAX_TABLE_VIEWS).map((view) => {
    const [who, , , , , confirmedAt, ttl] = listOf('fields of a view', view, 7);
    const members = membersIn(who, nodes.length);
    return {
      namesNode: rows.some((row) => isMember(row, members)),
      confirmedAt: checkedTime(confirmedAt, latest),
      ttlSeconds: checkedTtl(ttl),
    };
  });
}

function isMember(row: number, members: Buffer | readonly unknown[]): boolean {
  if (!Buffer.isBuffer(members)) return members.includes(row);
  return (((members[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

/** The nodes of a view as the table states them: one bit for each, or a list of their indexes. */
function membersIn(who: unknown, size: number): Buffer | readonly unknown[] {
  if (typeof who !== 'string') return listOf('nodes of a view', who, MAX_NODES);
  const bits = Buffer.from(who, 'base64');
  if (bits.length !== Math.ceil(size / 8)) throw unreadable('a view does not say of each node whether it has it');
  return bits;
}

function sizeOf(who: Buffer | readonly unknown[]): number {
  if (!Buffer.isBuffer(who)) return who.length;
  let size = 0;
  for (const byte of who) for (let bits = byte; bits > 0; bits &= bits - 1) size += 1;
  return size;
}

/** Returns the nodes with these indexes, and their labels in the order of the view's id. */
function nodesIn(
  rows: readonly Row[],
): (indexes: readonly unknown[], isOrdered: boolean) => { readonly nodes: ViewNode[]; readonly labels: string[] } {
  // Sorts the labels once, and the numbers of the labels for each view: to sort names is slow.
  const sorted = rows.map(({ label }) => label).toSorted();
  const numbers = new Map(sorted.map((label, number) => [label, number]));
  const numberOf = rows.map(({ label }) => numbers.get(label) ?? 0);
  const lastView = new Uint32Array(rows.length);
  let view = 0;
  return (indexes, isOrdered) => {
    if (indexes.length === 0) throw unreadable('a view has no nodes');
    if (indexes.length > MAX_NODES)
      throw unreadable(`the nodes of a view are ${indexes.length}, and ${MAX_NODES} are the most that any has`);
    view += 1;
    const nodes: ViewNode[] = [];
    const order = new Uint16Array(indexes.length);
    for (const [place, index] of indexes.entries()) {
      const { node, spelling } = pick('node', index, rows);
      if (lastView[spelling] === view) throw unreadable(`a view names ${node.id} twice`);
      lastView[spelling] = view;
      nodes.push(node);
      order[place] = numberOf[index as number] ?? 0;
    }
    if (!isOrdered) order.sort();
    return { nodes, labels: Array.from(order, (number) => sorted[number] ?? '') };
  };
}

function pick<T>(what: string, index: unknown, list: readonly T[]): T {
  const found = isWhole(index, list.length) ? list[index] : undefined;
  if (found === undefined) throw unreadable(`the ${what} of a view is not in its list`);
  return found;
}

function nameOf({ id, weight, zone = '' }: ViewNode): string {
  return `${id} ${weight} ${zone}`;
}

function bitsOf(indexes: readonly number[], size: number): string {
  const bytes = Buffer.alloc(Math.ceil(size / 8));
  for (const index of indexes) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  return bytes.toString('base64');
}

function indexesIn(bits: Buffer): readonly number[] {
  const indexes: number[] = [];
  for (const [at, byte] of bits.entries())
    for (let left = byte; left > 0; left &= left - 1) indexes.push(at * 8 + 31 - Math.clz32(left & -left));
  return indexes;
}
