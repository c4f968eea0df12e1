import type { Topology, TopologyListener } from '../src/topology.ts';

/** Keeps what it is told, and lets a test wait for the next news. */
export class RecordingListener implements TopologyListener {
  readonly topologies: Topology[] = [];
  readonly errors: Error[] = [];
  #waiting: (() => void)[] = [];

  topology(topology: Topology): void {
    this.topologies.push(topology);
    this.#wake();
  }

  error(error: Error): void {
    this.errors.push(error);
    this.#wake();
  }

  /** Ids of the nodes of the latest topology. */
  get ids(): readonly string[] | undefined {
    return this.topologies.at(-1)?.nodes.map((node) => node.id);
  }

  /** Resolves as soon as what was told satisfies `condition`. */
  async until(condition: (listener: RecordingListener) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
