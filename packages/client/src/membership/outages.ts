/** The nodes that are down for this client. */
import type { Node } from '../node/node.ts';

export class Outages {
  readonly #down = new Set<string>();
  readonly #refusing = new Set<string>();

  get down(): ReadonlySet<string> {
    return this.#down;
  }

  /** The nodes that are down because they refuse connections: no client reaches them. */
  get refusing(): ReadonlySet<string> {
    return this.#refusing;
  }

  /**
   * Calls `onChange` for each node that went down or returned since the last call, and again for one that was down and
   * refuses connections now. One that stops answering after that still counts as refusing: what it held is lost.
   */
  update<T extends Pick<Node, 'id' | 'health' | 'refuses'>>(
    nodes: Iterable<T>,
    onChange: (node: T, isDown: boolean) => void,
  ): void {
    for (const node of nodes) {
      // A new machine in the place of a node that was down has to answer first.
      if (node.health === 'unknown') continue;
      const isDown = node.health === 'down';
      const refusesNow = isDown && node.refuses && !this.#refusing.has(node.id);
      if (isDown === this.#down.has(node.id) && !refusesNow) continue;
      if (isDown) this.#down.add(node.id);
      else this.#down.delete(node.id);
      if (refusesNow) this.#refusing.add(node.id);
      else this.#refusing.delete(node.id);
      onChange(node, isDown);
    }
  }

  /** Forgets nodes that this client has no connection to any more: one that returns is a new node. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const known of [this.#down, this.#refusing]) for (const id of known) if (!wanted.has(id)) known.delete(id);
  }
}
