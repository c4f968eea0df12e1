/** `sess elasticache nodes`: the state of each node at AWS and in the clients' view. */
import { observe } from '../cluster/observed-cluster.ts';
import { DONE } from '../exit-codes.ts';
import { table, type Column } from '../output/table.ts';
import type { CommandContext } from './command-context.ts';
import { elastiCacheApi } from './elasticache-context.ts';

interface Row {
  readonly cacheNodeId: string;
  readonly id: string | undefined;
  readonly zone: string | undefined;
  readonly status: string;
  readonly drain: string | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'node', cell: ({ cacheNodeId }) => cacheNodeId },
  { title: 'name', cell: ({ id }) => id ?? '' },
  { title: 'zone', cell: ({ zone }) => zone ?? '' },
  { title: 'AWS says', cell: ({ status }) => status },
  { title: 'drain', cell: ({ drain }) => drain ?? '' },
];

export async function elastiCacheNodes(context: CommandContext, cluster: string | undefined): Promise<number> {
  const { output, settings } = context;
  const api = await elastiCacheApi(context, cluster);
  try {
    const { clusterId, status, nodeType, nodes } = await api.describe();
    const observed = await observe(settings());
    const { drains } = observed.client.topology;
    await observed.close();
    const rows = nodes.map((node): Row => ({
      ...node,
      drain: node.id === undefined ? undefined : drains.get(node.id),
    }));
    const zones = Object.fromEntries(nodes.flatMap(({ id, zone }) => (id === undefined ? [] : [[id, zone]])));
    output.data({ cluster: clusterId, status, nodeType, nodes: rows, zones }, () =>
      [`${clusterId} (${nodeType}) is ${status}.`, '', table(COLUMNS, rows, output.width)].join('\n'),
    );
    return DONE;
  } finally {
    api.close();
  }
}
