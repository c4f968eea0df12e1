/** Which nodes are down, and which went down or returned since the last call. */
import type { Node } from '../node/node.ts';

export class Outages {
  readonly #down = new Set<string>();

  /** Calls `onChange` for each node that went down or returned. */
  update(nodes: Iterable<Node>, onChange: (node: Node, isDown: boolean) => void): void {
    for (const node of nodes) {
      // A new machine in the place of a node that was down has to answer first.
      if (node.health === 'unknown') continue;
      const isDown = node.health === 'down';
      if (isDown === this.#down.has(node.id)) continue;
      if (isDown) this.#down.add(node.id);
      else this.#down.delete(node.id);
      onChange(node, isDown);
    }
  }

  /** Forgets nodes that this client has no connection to any more. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const id of this.#down) if (!wanted.has(id)) this.#down.delete(id);
  }
}
