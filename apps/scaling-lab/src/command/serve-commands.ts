import type { LocalCluster } from '@sess/local-cluster';

/** What can be typed while the lab serves. */
export interface ServeCommand {
  readonly usage: string;
  readonly does: string;
  /** Resolves with a line for people. `id` is a node's, as typed. */
  readonly run: (cluster: LocalCluster, id: string | undefined) => Promise<string>;
}

export const SERVE_COMMANDS: Readonly<Record<string, ServeCommand>> = {
  add: {
    usage: 'add',
    does: 'start a node and list it',
    run: async (cluster) => `added ${(await cluster.addNode()).id}`,
  },
  remove: {
    usage: 'remove [host:port]',
    does: 'take a node (the last one) off the list and stop it',
    run: async (cluster, id = last(cluster, () => true)) => {
      await cluster.removeNode(id);
      return `removed ${id}`;
    },
  },
  crash: {
    usage: 'crash [host:port]',
    does: 'kill a node (the last that runs); it stays listed',
    run: async (cluster, id = last(cluster, (state) => state === 'running')) => {
      await cluster.crashNode(id);
      return `crashed ${id}`;
    },
  },
  restart: {
    usage: 'restart [host:port]',
    does: 'start a node (the last that crashed, or else the last) again, empty',
    run: async (cluster, id = last(cluster, (state) => state === 'crashed')) => {
      await cluster.restartNode(id);
      return `restarted ${id}`;
    },
  },
  nodes: {
    usage: 'nodes',
    does: 'list the nodes',
    run: async (cluster) => cluster.nodes.map(({ id, state }) => `${id} ${state}`).join(', '),
  },
};

/** The last node in a state, or the last of all. */
function last(cluster: LocalCluster, wanted: (state: string) => boolean): string {
  const node = cluster.nodes.findLast(({ state }) => wanted(state)) ?? cluster.nodes.at(-1);
  if (node === undefined) throw new Error('there is no node');
  return node.id;
}
