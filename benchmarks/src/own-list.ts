import type { Discovery, Topology, TopologyListener } from '@sess/discovery';

/** A discovery whose list this process changes itself. */
export class OwnList implements Discovery {
  #listener: TopologyListener | undefined;

  watch(listener: TopologyListener): ReturnType<Discovery['watch']> {
    this.#listener = listener;
    return {
      ready: () => Promise.reject(new Error('this list is told, not asked for')),
      refresh: () => Promise.resolve(),
      close: () => (this.#listener = undefined),
    };
  }

  tell(servers: readonly string[]): void {
    const topology: Topology = {
      nodes: servers.map((id) => ({ id, host: id.slice(0, id.lastIndexOf(':')), port: Number(id.split(':').at(-1)) })),
    };
    this.#listener?.topology(topology);
  }
}
