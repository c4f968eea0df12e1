/** What one operation asked the fences of the nodes that it wrote to. */
import type { Cluster } from '../cluster.ts';

export class Fences {
  readonly #cluster: Cluster;
  readonly #looks = new Map<string, Promise<boolean>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Looks at the fence of the node behind what was sent to it in this turn. */
  behind(id: string): void {
    this.#looks.set(id, this.#lookAt(id));
  }

  /** The node did not take what was sent to it. */
  forget(id: string): void {
    this.#looks.delete(id);
  }

  /**
   * Whether the route can be trusted, computed anew: nothing changed that the writer did not act by, or what changed
   * was read. `false` where a node that was written to does not tell.
   */
  async hold(): Promise<boolean> {
    const changed = await this.changed();
    return changed.length === 0 || this.#cluster.relearn(changed);
  }

  /** The nodes on which something changed, or that do not tell. */
  async changed(): Promise<readonly string[]> {
    const holds = await Promise.all(this.#looks.values());
    return [...this.#looks.keys()].filter((_, index) => holds[index] !== true);
  }

  #lookAt(id: string): Promise<boolean> {
    try {
      return this.#cluster.node(id).fence.look().answer;
    } catch {
      // It left meanwhile: that is a change.
      return Promise.resolve(false);
    }
  }
}
