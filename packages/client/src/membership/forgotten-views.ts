/**
 * Views that were forgotten when their handover was finished although some of their nodes were gone: `whyMissing` can
 * tell later that keys of those nodes were lost. A view whose nodes all answered is no evidence: its records were moved
 * to their owners.
 */
import type { ViewEntry } from './history.ts';
import type { ViewCache } from './view-cache.ts';
import type { View } from './view.ts';
import type { Windows } from './windows.ts';

export interface ForgottenView {
  readonly view: View;
  /** Ids of its nodes that were gone with all they held. Never empty. */
  readonly lost: ReadonlySet<string>;
  /** When no client acted on it any more, milliseconds since 1970. */
  readonly actedOnUntil: number;
  /** Latest expiry of its records, milliseconds since 1970. */
  readonly matterUntil: number;
}

/** Most views to keep: each holds its distribution. */
const MAX_VIEWS = 16;

export class ForgottenViews {
  #views: readonly ForgottenView[] = [];

  /** Keeps the view if any of its nodes is lost. */
  add(
    id: string,
    entry: ViewEntry,
    isLost: (nodeId: string) => boolean,
    { views, windows }: { readonly views: ViewCache; readonly windows: Windows },
    now: number,
  ): void {
    const lost = new Set(entry.nodes.map((node) => node.id).filter(isLost));
    if (lost.size === 0) return;
    const view: ForgottenView = {
      view: views.get(id, entry),
      lost,
      actedOnUntil: windows.agreedAfter(id, entry, now),
      matterUntil: windows.openUntil(id, entry, now),
    };
    this.#views = [...this.#views, view].slice(-MAX_VIEWS);
  }

  /** The views whose records may still live. */
  at(now: number): readonly ForgottenView[] {
    return this.#views.filter(({ matterUntil }) => matterUntil > now);
  }

  prune(now: number): void {
    if (this.#views.some(({ matterUntil }) => matterUntil <= now)) this.#views = this.at(now);
  }
}
