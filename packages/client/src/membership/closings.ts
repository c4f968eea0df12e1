/**
 * The handovers that are being finished, or are finished. The history has all closings; this class records which of
 * them every node in reach has, so that their views can be forgotten.
 */
import { closingName, EMPTY_HISTORY, mergeHistories, pruneHistory, type Closing, type History } from './history.ts';
import type { OpenView } from './route.ts';

/** A view whose handover can be finished. */
export interface Closable {
  readonly id: string;
  readonly confirmedAt: number;
}

export class Closings {
  /**
   * By {@link closingName}: the last confirmation whose closing every node in reach has, milliseconds since 1970.
   */
  readonly #closedUntil = new Map<string, number>();
  /** Cached names of views: each costs a digest. */
  readonly #names = new Map<string, string>();

  /** Returns the history with these handovers marked as closing or closed. */
  close(history: History, views: readonly Closable[], isClosed: boolean): History {
    const closings = new Map(views.map(({ id, confirmedAt }) => [this.#nameOf(id), { confirmedAt, isClosed }]));
    return mergeHistories(history, { ...EMPTY_HISTORY, closings });
  }

  /** Every node in reach has these closings: clients that read the fence no longer ask the elders of a closed view. */
  storedEverywhere(closings: ReadonlyMap<string, Closing>): void {
    for (const [name, { confirmedAt, isClosed }] of closings)
      if (isClosed) this.#closedUntil.set(name, Math.max(confirmedAt, this.#closedUntil.get(name) ?? 0));
  }

  stageOf({ closings, views }: History, id: string): OpenView['stage'] {
    if (closings.size === 0) return 'open';
    const closing = closings.get(this.#nameOf(id));
    if (closing === undefined || (views.get(id)?.confirmedAt ?? -1) > closing.confirmedAt) return 'open';
    return closing.isClosed ? 'closed' : 'closing';
  }

  /** The confirmation that the view's closing refers to; -1 without a closing. */
  confirmationOf({ closings }: History, id: string): number {
    return closings.get(this.#nameOf(id))?.confirmedAt ?? -1;
  }

  /** Removes the views that are known to be closed on every node. */
  withoutClosed(history: History): History {
    return pruneHistory(history, ({ confirmedAt }, id) => {
      if (this.#closedUntil.size === 0) return true;
      return confirmedAt > (this.#closedUntil.get(this.#nameOf(id)) ?? -1);
    });
  }

  /** Removes the closings whose view's window is over anyway, `windowMs` after its last confirmation. */
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
