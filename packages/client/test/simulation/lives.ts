/** Until when a session lives, and on which nodes its copy may end before. */
import type { Application } from './application.ts';
import type { Account } from './ledger.ts';
import type { Stage } from './stage.ts';

/** Clients take copies for equal whose ends differ by this much. */
export const SAME_LIFE_MS = 2_000;

export class Lives {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /**
   * A write or touch was acknowledged: the session lives until `until`, virtual milliseconds, on every owner. A copy
   * elsewhere may end before.
   */
  acknowledged(account: Account, { client }: Application, until: number): void {
    if (until < account.aliveUntil && account.aliveUntil < Infinity) return;
    account.aliveUntil = until;
    const { owners } = client.explain(account.key);
    const copies = this.#nodes.filter((id) => this.#stage.network.nodes.get(id)?.get(account.key) !== undefined);
    account.briefOn = new Set(copies.filter((id) => !owners.includes(id)));
  }

  /**
   * A read was answered: before all clients agree, it restores short lives on the owners that it reached, unless as many
   * nodes as there are owners have the whole one.
   */
  wasRead(account: Account, { client, name }: Application): void {
    const { network } = this.#stage;
    const { owners, elders, mode } = client.explain(account.key);
    if (mode !== 'overlap') return;
    const endsAt = (id: string): number => network.nodes.get(id)?.get(account.key)?.expiresAt ?? -Infinity;
    const isBrief = (id: string): boolean => endsAt(id) < account.aliveUntil - SAME_LIFE_MS;
    if ([...owners, ...elders].filter((id) => !isBrief(id)).length >= owners.length) return;
    const isRestored = (id: string): boolean => {
      const node = network.nodes.get(id);
      const isInReach = node?.condition === 'running' && !node.isFull && !network.isCut(name, id);
      return owners.includes(id) && isInReach && node.get(account.key) !== undefined && isBrief(id);
    };
    account.briefOn = new Set([...account.briefOn].filter((id) => !isRestored(id)));
  }

  /** Nodes whose copy may end before the session: those that were no owners, and those that no process calls owners. */
  briefOn({ key, briefOn }: Account): ReadonlySet<string> {
    const owners = new Set(this.#stage.applications.flatMap(({ client }) => client.explain(key).owners));
    return new Set([...briefOn, ...this.#nodes.filter((id) => !owners.has(id))]);
  }

  get #nodes(): readonly string[] {
    return [...this.#stage.network.nodes.keys()];
  }
}
