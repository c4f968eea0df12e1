/**
 * Detects that clients keep acting on different views. After every change they do so for a while, and agree within
 * three intervals. If another view is still confirmed three times as long after this client adopted its own, a client's
 * list is wrong, or it can't reach a node.
 */
import type { ViewsDisagreeMessage } from '../diagnostics.ts';
import type { History } from './history.ts';
import type { View } from './view.ts';

/** Three times the duration of an agreement, beside the clock skew. */
const INTERVALS_TOLERATED = 9;
/** A view may be in use if its last confirmation is at most this many intervals old. */
const INTERVALS_ACTED_ON = 3;
const PUBLISH_EVERY_MS = 60_000;

export class Disagreement {
  readonly #intervalMs: number;
  readonly #clockSkewMs: number;
  #view: string | undefined;
  #viewSince = 0;
  #publishedAt = -Infinity;

  constructor({
    historyIntervalMs,
    clockSkewMs,
  }: {
    readonly historyIntervalMs: number;
    readonly clockSkewMs: number;
  }) {
    this.#intervalMs = historyIntervalMs;
    this.#clockSkewMs = clockSkewMs;
  }

  /**
   * The message to publish now; `undefined` without a disagreement, or within a minute of the last message.
   *
   * @param now milliseconds since 1970
   */
  check(current: View | undefined, history: History, now: number): ViewsDisagreeMessage | undefined {
    if (current?.id !== this.#view) {
      this.#view = current?.id;
      this.#viewSince = now;
    }
    if (current === undefined || now - this.#publishedAt < PUBLISH_EVERY_MS) return undefined;
    const toleratedUntil = this.#viewSince + INTERVALS_TOLERATED * this.#intervalMs + this.#clockSkewMs;
    const actedOn = now - INTERVALS_ACTED_ON * this.#intervalMs - this.#clockSkewMs;
    for (const [id, { nodes, confirmedAt }] of history.views) {
      if (id === current.id || confirmedAt <= toleratedUntil || confirmedAt < actedOn) continue;
      this.#publishedAt = now;
      return { nodes: current.nodes.map((node) => node.id), otherNodes: nodes.map((node) => node.id), confirmedAt };
    }
    return undefined;
  }
}
