/**
 * Views that were forgotten when their handover was finished, though nodes of theirs were gone: what only those held is
 * lost, and whoever asks later why a key is missing is told so. A view whose nodes all answered is no evidence: what
 * they held was brought to its owners.
 */
import type { View } from './view.ts';

export interface ForgottenView {
  readonly view: View;
  /** Ids of its nodes that were gone with what they held. Never empty. */
  readonly lost: ReadonlySet<string>;
  /** From when on it was agreed that no client acts on it, milliseconds since 1970. */
  readonly actedOnUntil: number;
  /** Until when a record of it could live, milliseconds since 1970. */
  readonly matterUntil: number;
}

/** The last ones: each keeps the ring of its nodes. */
const MAX_VIEWS = 16;

export class ForgottenViews {
  #views: readonly ForgottenView[] = [];

  add(view: ForgottenView): void {
    this.#views = [...this.#views, view].slice(-MAX_VIEWS);
  }

  /** Those of which a record could live yet. */
  at(now: number): readonly ForgottenView[] {
    return this.#views.filter(({ matterUntil }) => matterUntil > now);
  }

  prune(now: number): void {
    if (this.#views.some(({ matterUntil }) => matterUntil <= now)) this.#views = this.at(now);
  }
}
