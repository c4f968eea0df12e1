import type { Discovery, Topology, TopologyListener } from '@sess/discovery';

/** A discovery that reports the topologies that the test sets. */
export class ToldDiscovery implements Discovery {
  readonly #listeners = new Set<TopologyListener>();
  #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  watch(listener: TopologyListener): ReturnType<Discovery['watch']> {
    this.#listeners.add(listener);
    listener.topology(this.#topology);
    return {
      ready: async () => this.#topology,
      refresh: async () => undefined,
      close: () => void this.#listeners.delete(listener),
    };
  }

  tell(topology: Topology): void {
    this.#topology = topology;
    for (const listener of this.#listeners) listener.topology(topology);
  }
}
