/** The fence reads of one operation. */
import type { Cluster } from '../cluster.ts';

export class Fences {
  readonly #cluster: Cluster;
  readonly #checks = new Map<string, Promise<boolean>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Reads the node's fence behind the requests sent to it in this turn. */
  behind(id: string): void {
    this.#checks.set(id, this.#check(id));
  }

  /** Drops the fence read of a node whose request failed. */
  forget(id: string): void {
    this.#checks.delete(id);
  }

  /**
   * Whether the route, computed again, can be trusted: no fence changed, or the change was read. `false` if a fence is
   * unknown.
   */
  async hold(): Promise<boolean> {
    const changed = await this.changed();
    return changed.length === 0 || this.#cluster.relearn(changed);
  }

  /**
   * Whether no fence changed. For a write to several nodes: an unchanged route is not enough, because a node that has
   * stored the write may have lost its memory since. Reads the history again after a change, for the next attempt.
   */
  async areUnchanged(): Promise<boolean> {
    const changed = await this.changed();
    if (changed.length > 0) await this.#cluster.relearn(changed);
    return changed.length === 0;
  }

  /** The nodes whose fence changed or is unknown. */
  async changed(): Promise<readonly string[]> {
    const holds = await Promise.all(this.#checks.values());
    return [...this.#checks.keys()].filter((_, index) => holds[index] !== true);
  }

  #check(id: string): Promise<boolean> {
    try {
      return this.#cluster.node(id).fence.check().answer;
    } catch {
      // The node left meanwhile: that is a change.
      return Promise.resolve(false);
    }
  }
}
