/**
 * The nodes that are drained or being drained. The history has all drain marks; this class records this client's own
 * drains, when the other drains were last confirmed, and when a node left the list.
 *
 * Each change returns the new history.
 */
import type { Adoption } from '../steady-clock.ts';
import { EMPTY_HISTORY, forgetDrains, mergeHistories, type DrainMark, type History } from './history.ts';
import { intervalsToMs, type Intervals } from './intervals.ts';
import { Sightings } from './sightings.ts';

/** `draining`: the node's records are being copied; the draining client must confirm this every interval. */
export type DrainState = 'draining' | 'drained' | 'in rotation';

/** A drain that was not confirmed for this many intervals is abandoned: the node returns to rotation. */
const INTERVALS_TO_DRAIN = 9;
/** If no client has confirmed a drained node for this many intervals, no client lists it any more. */
const INTERVALS_TO_FORGET = 30;

type Said = Pick<DrainMark, 'drained' | 'isDone'>;
const OVER: Said = { drained: false, isDone: false };

/** Whether the node is out of rotation because of a drain, finished or not. */
export function isTakenOut({ drains }: History, id: string): boolean {
  return drains.get(id)?.drained === true;
}

/** Whether any client is draining the node. */
export function isDraining({ drains }: History, id: string): boolean {
  const mark = drains.get(id);
  return mark?.drained === true && !mark.isDone;
}

/** Whether a drain of the node is done: all of its records are on other nodes. */
export function isEmptied({ drains }: History, id: string): boolean {
  const mark = drains.get(id);
  return mark?.drained === true && mark.isDone;
}

export class Drains {
  readonly #intervals: Intervals;
  /** Nodes that this client is draining. */
  readonly #own = new Set<string>();
  readonly #sightings = new Sightings();
  /** When a drained node left the list, in milliseconds since 1970. */
  readonly #absentSince = new Map<string, number>();
  /** Nodes whose drain was done: their marks are forgotten before the views that name them. */
  readonly #emptied = new Set<string>();

  constructor(intervals: Intervals) {
    this.#intervals = intervals;
  }

  /** Records that this client drains the node, or ended its drain. */
  mark(history: History, id: string, state: DrainState, now: number): History {
    if (state === 'draining') {
      this.#own.add(id);
      // Later than every known drain, even one from a clock that is ahead.
      const began = Math.max(Math.floor(now), (history.drains.get(id)?.began ?? 0) + 1);
      return withMark(history, id, { drained: true, isDone: false, began, at: began });
    }
    this.#own.delete(id);
    return say(history, id, state === 'drained' ? { drained: true, isDone: true } : OVER, now);
  }

  /** Returns nodes to rotation whose drain was abandoned. Call it right after the history was read. */
  endAbandoned(history: History, now: number): History {
    let ended = history;
    for (const [id, { at }] of history.drains) {
      const seenAt = this.#sightings.at(id, at, now);
      if (!isDraining(history, id) || this.#own.has(id)) continue;
      if (now - seenAt >= intervalsToMs(this.#intervals, INTERVALS_TO_DRAIN)) ended = say(ended, id, OVER, now);
    }
    return ended;
  }

  /** Ends the drains of nodes that left the list and are listed again: those are new nodes. */
  welcomeBack(history: History, listed: Iterable<string>, now: number): History {
    let welcomed = history;
    for (const id of listed) {
      const mark = history.drains.get(id);
      // A drain that began after the node left the list is current: this client's list was updated late.
      const since = this.#absentSince.get(id);
      if (mark?.drained !== true || since === undefined) continue;
      if (mark.began + this.#intervals.clockSkewMs < since) welcomed = say(welcomed, id, OVER, now);
    }
    return welcomed;
  }

  /**
   * Ends finished drains of nodes that are in rotation because no other listed node is left: they get records again.
   */
  endUsed(history: History, inRotation: readonly { readonly id: string }[], now: number): History {
    const used = inRotation.filter(({ id }) => isEmptied(history, id));
    return used.reduce((ended, { id }) => say(ended, id, OVER, now), history);
  }

  /** Records when nodes left the list. Only nodes with a drain mark: all nodes would need unbounded memory. */
  noteAbsence({ drains }: History, listed: ReadonlySet<string>, now: number): void {
    for (const [id, { drained, isDone }] of drains) {
      if (drained && isDone) this.#emptied.add(id);
      if (!drained || listed.has(id)) this.#absentSince.delete(id);
      else if (!this.#absentSince.has(id)) this.#absentSince.set(id, now);
    }
    // The node returned to rotation, or is a new node of that name.
    for (const id of this.#emptied) if (listed.has(id) && drains.get(id)?.drained !== true) this.#emptied.delete(id);
  }

  /** Marks to confirm, when half an interval has passed: this client's drains, and finished drains of listed nodes. */
  renewals({ drains }: History, listed: ReadonlySet<string>, now: number): ReadonlyMap<string, DrainMark> {
    const renewed = [...drains].filter(
      ([id, mark]) =>
        mark.drained &&
        (mark.isDone ? listed.has(id) : this.#own.has(id)) &&
        now - this.#sightings.when(id, mark.at, now) >= this.#intervals.historyIntervalMs / 2,
    );
    return new Map(renewed.map(([id, mark]) => [id, saidAgain(mark, mark, now)]));
  }

  /**
   * Corrects the times that this client noted while its clock was behind: such marks would look forgotten. `now`: by
   * the corrected clock.
   */
  adopted(history: History, { since, byMs }: Adoption, now: number): History {
    this.#sightings.adopted({ since, byMs });
    for (const [id, at] of this.#absentSince) if (at >= since) this.#absentSince.set(id, at + byMs);
    const late = [...history.drains].filter(([, { at }]) => at >= since);
    const drains = new Map(late.map(([id, mark]) => [id, { ...mark, at: Math.min(mark.at + byMs, now) }]));
    return mergeHistories(history, { ...EMPTY_HISTORY, drains });
  }

  /** Removes drains that no client confirms any more. */
  withoutForgotten(history: History, now: number): History {
    return forgetDrains(history, now - intervalsToMs(this.#intervals, INTERVALS_TO_FORGET));
  }

  /** Whether this client saw a drain of the node done since the node was listed. */
  wasEmptied(id: string): boolean {
    return this.#emptied.has(id);
  }

  prune({ drains }: History, isNamed: (id: string) => boolean, now: number): void {
    this.#sightings.keepOnly((id) => drains.has(id), now);
    for (const id of this.#absentSince.keys()) if (!drains.has(id)) this.#absentSince.delete(id);
    for (const id of this.#emptied) if (!isNamed(id)) this.#emptied.delete(id);
  }
}

/** Updates the known drain mark. */
function say(history: History, id: string, said: Said, now: number): History {
  return withMark(history, id, saidAgain(history.drains.get(id), said, now));
}

function saidAgain(known: DrainMark | undefined, { drained, isDone }: Said, now: number): DrainMark {
  const { began = Math.floor(now), at = 0 } = known ?? {};
  return { drained, isDone, began, at: Math.max(Math.floor(now), at + 1) };
}

function withMark(history: History, id: string, mark: DrainMark): History {
  return mergeHistories(history, { ...EMPTY_HISTORY, drains: new Map([[id, mark]]) });
}
