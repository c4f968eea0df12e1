/**
 * Which handovers are being finished, or are. The closings stand in the history; here is which of them are known to
 * stand on every node, so that their views can be forgotten.
 */
import { closingName, EMPTY_HISTORY, mergeHistories, pruneHistory, type Closing, type History } from './history.ts';
import type { OpenView } from './route.ts';

/** A view whose handover can be finished, as the history knows it now. */
export interface Closable {
  readonly id: string;
  readonly confirmedAt: number;
}

export class Closings {
  /**
   * Until which confirmation a view is known to be closed on every node of it, by {@link closingName}: milliseconds
   * since 1970.
   */
  readonly #closedUntil = new Map<string, number>();
  /** Names of views, which cost a digest each. */
  readonly #names = new Map<string, string>();

  /** The history that says that these handovers are being finished, or are. */
  close(history: History, views: readonly Closable[], isClosed: boolean): History {
    const closings = new Map(views.map(({ id, confirmedAt }) => [this.#nameOf(id), { confirmedAt, isClosed }]));
    return mergeHistories(history, { ...EMPTY_HISTORY, closings });
  }

  /** These stand on every node in reach: what is closed in them, nobody asks for any more who looks at the fence. */
  stand(closings: ReadonlyMap<string, Closing>): void {
    for (const [name, { confirmedAt, isClosed }] of closings)
      if (isClosed) this.#closedUntil.set(name, Math.max(confirmedAt, this.#closedUntil.get(name) ?? 0));
  }

  stageOf({ closings, views }: History, id: string): OpenView['stage'] {
    if (closings.size === 0) return 'open';
    const closing = closings.get(this.#nameOf(id));
    if (closing === undefined || (views.get(id)?.confirmedAt ?? -1) > closing.confirmedAt) return 'open';
    return closing.isClosed ? 'closed' : 'closing';
  }

  /** Which confirmation of a view its closing concerns; -1 when there is none. */
  confirmationOf({ closings }: History, id: string): number {
    return closings.get(this.#nameOf(id))?.confirmedAt ?? -1;
  }

  /** Without the views that are known to be closed on every node. */
  withoutClosed(history: History): History {
    return pruneHistory(history, ({ confirmedAt }, id) => {
      if (this.#closedUntil.size === 0) return true;
      return confirmedAt > (this.#closedUntil.get(this.#nameOf(id)) ?? -1);
    });
  }

  /** Without the closings whose view would be over by now in any case, `windowMs` after its last confirmation. */
  withoutOld(history: History, windowMs: number, now: number): History {
    const kept = [...history.closings].filter(([, { confirmedAt }]) => confirmedAt + windowMs > now);
    return kept.length === history.closings.size ? history : { ...history, closings: new Map(kept) };
  }

  prune({ closings }: History, isWanted: (viewId: string) => boolean): void {
    for (const name of this.#closedUntil.keys()) if (!closings.has(name)) this.#closedUntil.delete(name);
    for (const id of this.#names.keys()) if (!isWanted(id)) this.#names.delete(id);
  }

  #nameOf(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = closingName(id);
    this.#names.set(id, name);
    return name;
  }
}
