import type { ClusterNode, Discovery, Topology, TopologyListener } from '@sess/discovery';

/** A discovery that reports what the test says. */
export class FakeDiscovery implements Discovery {
  refreshes = 0;
  watches = 0;
  #listener: TopologyListener | undefined;

  watch(listener: TopologyListener): {
    ready: () => Promise<Topology>;
    refresh: () => Promise<void>;
    close: () => void;
  } {
    this.#listener = listener;
    this.watches += 1;
    return {
      ready: () => Promise.reject(new Error('nobody should need this')),
      refresh: () => {
        this.refreshes += 1;
        return Promise.resolve();
      },
      close: () => {
        this.#listener = undefined;
        this.watches -= 1;
      },
    };
  }

  /** Reports nodes: `host:port`, or `host:port|address`. */
  report(...nodes: string[]): void {
    this.#listener?.topology({ nodes: nodes.map(nodeOf) });
  }

  reportTopology(topology: Topology): void {
    this.#listener?.topology(topology);
  }

  fail(error: Error): void {
    this.#listener?.error(error);
  }
}

function nodeOf(text: string): ClusterNode {
  const [id = '', address] = text.split('|');
  const colon = id.lastIndexOf(':');
  const node = { id, host: id.slice(0, colon), port: Number(id.slice(colon + 1)) };
  return address === undefined ? node : { ...node, address };
}
