/** The nodes that discovery lists or the history names, and which of them this client may connect to. */
import { isTakenOut } from './drains.ts';
import type { History, ViewNode } from './history.ts';

const NONE: ReadonlySet<string> = new Set();

export class KnownNodes {
  /** Whether the history is signed: then this client also connects to nodes that only the history names. */
  readonly #trustsHistory: boolean;
  #listed: readonly ViewNode[] = [];
  #listedIds: ReadonlySet<string> = NONE;
  /** Nodes that discovery lists, or listed while a view that names them was open. */
  readonly #everListed = new Set<string>();
  #names:
    | { readonly views: History['views']; readonly listed: ReadonlySet<string>; readonly ids: ReadonlySet<string> }
    | undefined;

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

  /** The list is in use: its nodes stay connectable while a view names them. */
  rememberListed(): void {
    for (const id of this.#listedIds) this.#everListed.add(id);
  }

  /** All nodes that may hold keys and that this client may connect to, listed or not. */
  reachable(history: History): ReadonlySet<string> {
    const named = this.#named(history);
    return this.#trustsHistory ? named : new Set([...named].filter((id) => this.#everListed.has(id)));
  }

  /** Nodes that only an unsigned history names: this client does not connect to them. */
  unlisted(history: History): ReadonlySet<string> {
    if (this.#trustsHistory) return NONE;
    return new Set([...this.#named(history)].filter((id) => !this.#everListed.has(id)));
  }

  /**
   * The listed nodes except those that are down, drained or of another cluster. Never empty: the last nodes are not
   * ejected.
   */
  inRotation(history: History, down: ReadonlySet<string>, foreign: ReadonlyMap<string, string>): readonly ViewNode[] {
    const ours = this.#listed.filter(({ id }) => !foreign.has(id));
    const listed = ours.length > 0 ? ours : this.#listed;
    const kept = listed.filter(({ id }) => !isTakenOut(history, id));
    const wanted = kept.length > 0 ? kept : listed;
    const up = wanted.filter(({ id }) => !down.has(id));
    return up.length > 0 ? up : wanted;
  }

  prune(history: History): void {
    const named = this.#named(history);
    for (const id of this.#everListed) if (!named.has(id)) this.#everListed.delete(id);
  }

  /** The listed nodes and those of all views. Cached: there may be hundreds of thousands. */
  #named({ views }: History): ReadonlySet<string> {
    if (this.#names?.views === views && this.#names.listed === this.#listedIds) return this.#names.ids;
    const ids = new Set(this.#listedIds);
    for (const { nodes } of views.values()) for (const { id } of nodes) ids.add(id);
    this.#names = { views, listed: this.#listedIds, ids };
    return ids;
  }
}
