/** Nodes that discovery lists, and nodes that only the history names: which of them may be spoken to. */
import type { History, ViewNode } from './history.ts';

const NONE: ReadonlySet<string> = new Set();

export class KnownNodes {
  /** Whether the history is signed: then nodes are spoken to that only the history names. */
  readonly #trustsHistory: boolean;
  #listed: readonly ViewNode[] = [];
  #listedIds: ReadonlySet<string> = NONE;
  /** Nodes that discovery listed, now or while a view that names them was open. */
  readonly #everListed = new Set<string>();

  constructor(trustsHistory: boolean) {
    this.#trustsHistory = trustsHistory;
  }

  get listed(): readonly ViewNode[] {
    return this.#listed;
  }

  set listed(nodes: readonly ViewNode[]) {
    this.#listed = nodes;
    this.#listedIds = new Set(nodes.map(({ id }) => id));
  }

  get listedIds(): ReadonlySet<string> {
    return this.#listedIds;
  }

  /** The list was taken: its nodes may be spoken to as long as a view names them. */
  rememberListed(): void {
    for (const id of this.#listedIds) this.#everListed.add(id);
  }

  /** Every node that a key could be on and that may be spoken to, listed or not. */
  reachable(history: History): ReadonlySet<string> {
    const named = this.#named(history);
    return this.#trustsHistory ? named : new Set([...named].filter((id) => this.#everListed.has(id)));
  }

  /** Nodes that a history names that nobody signed, and that discovery never listed: nobody connects to them. */
  unlisted(history: History): ReadonlySet<string> {
    if (this.#trustsHistory) return NONE;
    return new Set([...this.#named(history)].filter((id) => !this.#everListed.has(id)));
  }

  prune(history: History): void {
    const named = this.#named(history);
    for (const id of this.#everListed) if (!named.has(id)) this.#everListed.delete(id);
  }

  /** Listed nodes, and those of the views. */
  #named({ views }: History): Set<string> {
    const ids = new Set(this.#listedIds);
    for (const { nodes } of views.values()) for (const { id } of nodes) ids.add(id);
    return ids;
  }
}
