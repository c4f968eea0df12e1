/**
 * The nodes that a client is connected to. A node that keeps its name and address keeps its connection and health. One
 * that is not wanted any more, or changes its address, is retired: pending requests may finish, new ones don't reach
 * it.
 */
import { Node, type NodeSetup } from './node.ts';
import type { TransportNode } from '../transport/transport.ts';
import { samePlace } from '../membership/change.ts';

export class NodePool {
  readonly #setup: NodeSetup;
  /** Time for pending requests on a retired node, in milliseconds. */
  readonly #shutdownTimeoutMs: number;
  readonly #nodes = new Map<string, Node>();
  readonly #retiring = new Set<Node>();

  constructor(setup: NodeSetup, shutdownTimeoutMs: number) {
    this.#setup = setup;
    this.#shutdownTimeoutMs = shutdownTimeoutMs;
  }

  get(id: string): Node | undefined {
    return this.#nodes.get(id);
  }

  values(): IterableIterator<Node> {
    return this.#nodes.values();
  }

  /** Adds `target`. Returns whether it replaced another machine of the same name. */
  want(target: TransportNode): boolean {
    const known = this.#nodes.get(target.id);
    if (known !== undefined && samePlace(known.target, target)) return false;
    if (known !== undefined) this.#retire(known);
    this.#nodes.set(target.id, new Node(target, this.#setup));
    return known !== undefined;
  }

  /** Replaces the connection to a node whose name resolves to another machine. Returns whether the node was in use. */
  renew(node: Node): boolean {
    if (this.#nodes.get(node.id) !== node) return false;
    this.#retire(node);
    this.#nodes.set(node.id, new Node(node.target, this.#setup));
    return true;
  }

  /** Retires the nodes that `isWanted` rejects. */
  keepOnly(isWanted: (id: string) => boolean): void {
    for (const [id, node] of this.#nodes) {
      if (isWanted(id)) continue;
      this.#nodes.delete(id);
      this.#retire(node);
    }
  }

  async close(shutdownTimeoutMs: number): Promise<void> {
    await Promise.all([...this.#nodes.values(), ...this.#retiring].map((node) => node.close(shutdownTimeoutMs)));
  }

  destroy(): void {
    for (const node of [...this.#nodes.values(), ...this.#retiring]) node.destroy();
  }

  #retire(node: Node): void {
    this.#retiring.add(node);
    const forget = (): void => {
      this.#retiring.delete(node);
    };
    node.retire(this.#shutdownTimeoutMs).then(forget, forget);
  }
}
