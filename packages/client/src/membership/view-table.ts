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
} from './history-checks.ts';
import { confirmed, ORDERED, viewId, type ViewEntry, type ViewNode } from './history.ts';

export const MAX_TABLE_VIEWS = 4096;
/** A node has one row for each weight and zone that it had. */
export const MAX_TABLE_NODES: number = 4 * MAX_NODES;
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
  const known = new Map<string, ViewNode>();
  for (const { nodes } of entries) for (const node of nodes) known.set(nameOf(node), node);
  const table = [...known].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const places = new Map(table.map(([name], index) => [name, index]));
  const distributions = [...new Set(entries.map(({ distribution }) => distribution))];
  const views = entries.map(({ nodes, copies, distribution, cause, since, confirmedAt, ttlSeconds }) => {
    const indexes = nodes.map((node) => places.get(nameOf(node)) as number);
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

export function readTable(given: Record<string, unknown>, latest: number): ReadonlyMap<string, ViewEntry> {
  const spellings: string[] = [];
  const zones = listOf('zones', given['zones'] ?? [], MAX_TABLE_NODES);
  const nodes = listOf('nodes', given['nodes'], MAX_TABLE_NODES).map((item, index): ViewNode => {
    const [name, weight] = listOf('fields of a node', item, 2);
    const { id, spelling } = checkedId(name);
    spellings.push(spelling);
    return { id, weight: checkedWeight(id, weight), ...checkedZone(id, zones[index]) };
  });
  const distributions = listOf('distributions', given['distributions'], MAX_DISTRIBUTIONS).map(checkedDistribution);
  const views = new Map<string, ViewEntry>();
  const ends = listOf('latest times', given['latest'] ?? [], MAX_TABLE_VIEWS);
  for (const [index, item] of listOf('views', given['views'], MAX_TABLE_VIEWS).entries()) {
    const [who, copies, distribution, cause, since, confirmedAt, ttl] = listOf('fields of a view', item, 7);
    const indexes = typeof who === 'string' ? indexesIn(who, nodes.length) : listOf('nodes of a view', who, MAX_NODES);
    const at = checkedTime(confirmedAt, latest);
    const entry = confirmed(
      {
        nodes: namedBy(indexes, nodes, spellings),
        copies: checkedCopies(copies),
        distribution: pick('distribution', distribution, distributions),
        cause: pick('cause', cause, CAUSES),
        since: checkedTime(since, latest),
      },
      {
        confirmedAt: at,
        latest: checkedLatest(ends[index] ?? 0, at),
        ttlSeconds: checkedTtl(ttl),
      },
    );
    views.set(viewId(entry), entry);
  }
  return views;
}

function namedBy(
  indexes: readonly unknown[],
  nodes: readonly ViewNode[],
  spellings: readonly string[],
): readonly ViewNode[] {
  if (indexes.length === 0) throw unreadable('a view has no nodes');
  if (indexes.length > MAX_NODES)
    throw unreadable(`the nodes of a view are ${indexes.length}, and ${MAX_NODES} are the most that any has`);
  const seen = new Set<string>();
  return indexes.map((index) => {
    const node = pick('node', index, nodes);
    const spelling = spellings[index as number] ?? '';
    if (seen.has(spelling)) throw unreadable(`a view names ${node.id} twice`);
    seen.add(spelling);
    return node;
  });
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

function indexesIn(bits: string, size: number): readonly number[] {
  const bytes = Buffer.from(bits, 'base64');
  if (bytes.length !== Math.ceil(size / 8)) throw unreadable('a view does not say of each node whether it has it');
  const indexes: number[] = [];
  for (let index = 0; index < bytes.length * 8; index += 1)
    if (((bytes[index >> 3] ?? 0) >> (index & 7)) & 1) indexes.push(index);
  return indexes;
}
