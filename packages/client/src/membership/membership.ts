/**
 * What this client knows of views: which nodes discovery lists, which of them are down or drained, and which views the
 * history says other clients used. Every change of the rotation (discovery, health, drain) is reported here and makes a
 * new current view.
 *
 * No I/O and no timers.
 */
import type { Clock } from '../clock.ts';
import { MAX_NODES } from './history-checks.ts';
import {
  closingName,
  EMPTY_HISTORY,
  forgetDrains,
  mergeHistories,
  pruneHistory,
  viewId,
  type Closing,
  type DrainMark,
  type History,
  type Placement,
  type ViewCause,
  type ViewEntry,
  type ViewNode,
} from './history.ts';
import { fingerprintOf, knownDistribution } from './fingerprint.ts';
import { Sightings } from './sightings.ts';
import { isOlder, type OpenView, type RoutingState } from './route.ts';
import { createView, type DistributionFactory, type View } from './view.ts';

export interface MembershipOptions {
  readonly copies: number;
  readonly distribution: DistributionFactory;
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
  /** The least time for which an earlier view stays open, in seconds. */
  readonly windowSeconds: number;
  /** Whether the history is signed: then nodes are spoken to that only the history names. */
  readonly trustsHistory: boolean;
  /** Whether this client only looks: it acts on no view. */
  readonly observe?: boolean;
}

/** `draining`: its records are being copied; the client that drains it has to confirm this every interval. */
export type DrainState = 'draining' | 'drained' | 'in rotation';

const NONE: ReadonlySet<string> = new Set();

/** A view is agreed when no client has confirmed another one for so many intervals. */
const INTERVALS_TO_AGREE = 3;
/** A drain that was not confirmed for so many intervals is abandoned: the node is put back into rotation. */
const INTERVALS_TO_DRAIN = 9;
/** A drained node that no client has confirmed for so many intervals is on no list any more. */
const INTERVALS_TO_FORGET = 30;
/**
 * Of a history that nobody signed, views of so many nodes in all, and so many names, are kept: whoever can write it
 * could name others for ever.
 */
const MAX_UNSIGNED_NODES = 64 * MAX_NODES;
const MAX_UNSIGNED_NAMES = 2 * MAX_NODES;
/** Times to live that callers asked for, of which the shortest is taken for the usual one. */
const MAX_ASKED = 8;

/** A view whose handover can be finished, as the history knows it now. */
export interface Closable {
  readonly id: string;
  readonly confirmedAt: number;
}

export class Membership {
  readonly #options: MembershipOptions;
  /** The longest time to live in use since the current view is acted on, in seconds. */
  #ttlSeconds = 0;
  /** The last few that callers asked for, each once. */
  #asked: readonly number[] = [];
  /** Of this client's own distribution. */
  readonly #fingerprint: string;
  readonly #distributions = new Map<string, View>();
  #listed: readonly ViewNode[] = [];
  /** Nodes that discovery listed, now or while a view that names them was open. */
  readonly #everListed = new Set<string>();
  #down: ReadonlySet<string> = new Set();
  /** Of these, those that refuse connections: no client reaches them. */
  readonly #refusing = new Set<string>();
  /** Since when a drained node has been off the list, in milliseconds since 1970. */
  readonly #absentSince = new Map<string, number>();
  #history: History = EMPTY_HISTORY;
  /** Nodes that this client drains. */
  readonly #draining = new Set<string>();
  readonly #confirmations = new Sightings();
  readonly #drains = new Sightings();
  /**
   * Until which confirmation a view is known to be closed on every node of it, by {@link closingName}: milliseconds
   * since 1970.
   */
  readonly #closedUntil = new Map<string, number>();
  readonly #names = new Map<string, string>();
  #current: View | undefined;
  #state: RoutingState | undefined;
  #basis: object = {};

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.distribution);
  }

  /**
   * What a view of a history goes by that does not say so, because an earlier version wrote it: what this client goes
   * by.
   */
  get unsaid(): Omit<Placement, 'nodes'> {
    return { copies: this.#options.copies, distribution: this.#fingerprint };
  }

  /** The nodes that discovery lists. */
  get listedIds(): readonly string[] {
    return this.#listed.map(({ id }) => id);
  }

  get history(): History {
    return this.#history;
  }

  get current(): View | undefined {
    return this.#current;
  }

  /** What decides owners, and who decides between writers, now: another object when that changed. */
  get basis(): object {
    return this.#basis;
  }

  /** The state that routing uses; `undefined` before the first topology. */
  get state(): RoutingState | undefined {
    return this.#state;
  }

  /**
   * Sets the nodes that discovery lists. Whether the rotation changed. Throws what the distribution throws, and then
   * changes nothing.
   */
  listed(nodes: readonly ViewNode[], now: number): boolean {
    const before = { listed: this.#listed, history: this.#history };
    this.#listed = nodes;
    this.#welcomeBack(now);
    try {
      const turned = this.#turn('discovery', now);
      this.#noteAbsence(now);
      for (const { id } of nodes) this.#everListed.add(id);
      this.#refresh(now);
      return turned;
    } catch (error) {
      this.#listed = before.listed;
      this.#history = before.history;
      throw error;
    }
  }

  /** Whether a drain, by any client, has taken the node out of rotation. */
  isDrained(id: string): boolean {
    return (
      this.#history.drains.get(id)?.drained === true && !(this.#current?.nodes.some((node) => node.id === id) ?? false)
    );
  }

  /** Whether a drain of the node is under way, by whichever client. */
  isDraining(id: string): boolean {
    const mark = this.#history.drains.get(id);
    return mark?.drained === true && !mark.isDone;
  }

  /** Whether any node would remain in rotation without this one. */
  canSpare(id: string): boolean {
    return this.#listed.some((node) => node.id !== id && this.#history.drains.get(node.id)?.drained !== true);
  }

  /** A node was ejected. `refuses`: it refuses connections, rather than not to answer this client. */
  nodeDown(id: string, now: number, refuses: boolean): boolean {
    this.#down = new Set([...this.#down, id]);
    if (refuses) this.#refusing.add(id);
    return this.#turn('node-down', now);
  }

  /** An ejected node answers again. */
  nodeRecovered(id: string, now: number): boolean {
    this.#down = new Set([...this.#down].filter((down) => down !== id));
    this.#refusing.delete(id);
    return this.#turn('node-recovered', now);
  }

  /**
   * Another machine answers to a known name. A client that does not know this yet finds the old machine gone and uses a
   * view without it. That view is kept open, so that the new machine is doubted like a node that recovered.
   */
  replaced(id: string, now: number): void {
    const nodes = this.#rotation().filter((node) => node.id !== id);
    if (nodes.length === 0) return;
    const entry: ViewEntry = {
      ...this.#placementOf(nodes),
      cause: 'node-down',
      since: now,
      confirmedAt: now,
      ttlSeconds: this.#ttlSeconds,
    };
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, views: new Map([[viewId(entry), entry]]) });
    this.#refresh(now);
  }

  /** Takes a node out of rotation for every client, marks it as empty, or puts it back. */
  mark(id: string, state: DrainState, now: number): boolean {
    if (state === 'draining') this.#draining.add(id);
    else this.#draining.delete(id);
    if (state === 'draining') this.#beginDrain(id, now);
    else this.#say(id, { drained: state === 'drained', isDone: state === 'drained' }, now);
    this.#noteAbsence(now);
    return this.#turn('drain', now);
  }

  /** Puts nodes back whose drain was abandoned. Call it right after the history was read. */
  endDrains(now: number): void {
    for (const [id, { drained, isDone, at }] of this.#history.drains) {
      const seenAt = this.#drains.at(id, at, now);
      if (!drained || isDone || this.#draining.has(id)) continue;
      if (now - seenAt >= this.#msOf(INTERVALS_TO_DRAIN)) this.#say(id, { drained: false, isDone: false }, now);
    }
    this.#turn('drain', now);
  }

  /** Later than every drain that is known, also than one that a clock said that is ahead. */
  #beginDrain(id: string, now: number): void {
    const began = Math.max(Math.floor(now), (this.#history.drains.get(id)?.began ?? 0) + 1);
    this.#mark(id, { drained: true, isDone: false, began, at: began });
  }

  /** Of the drain that is known. */
  #say(id: string, state: Pick<DrainMark, 'drained' | 'isDone'>, now: number): void {
    this.#mark(id, this.#saidNow(id, state, now));
  }

  #mark(id: string, mark: DrainMark): void {
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, drains: new Map([[id, mark]]) });
  }

  #saidNow(id: string, { drained, isDone }: Pick<DrainMark, 'drained' | 'isDone'>, now: number): DrainMark {
    const { began = Math.floor(now), at = 0 } = this.#history.drains.get(id) ?? {};
    return { drained, isDone, began, at: Math.max(Math.floor(now), at + 1) };
  }

  /** A history was read. Whether the rotation changed (by a drain that another client began or ended). */
  learned(history: History, now: number): boolean {
    const merged = mergeHistories(this.#history, this.relevant(history, now));
    if (merged === this.#history) return false;
    this.#history = this.#withoutClosed(merged);
    this.#ttlSeconds = Math.max(this.#ttlSeconds, merged.views.get(this.#current?.id ?? '')?.ttlSeconds ?? 0);
    if (this.#listed.length > 0) this.#noteAbsence(now);
    return this.#turn('drain', now);
  }

  /** Without drains that nobody confirms any more, and without closed views. */
  relevant(history: History, now: number): History {
    const kept = this.#withoutClosed(
      this.#withoutOldClosings(forgetDrains(history, now - this.#msOf(INTERVALS_TO_FORGET)), now),
    );
    return kept.truncatedUntil === 0 || kept.truncatedUntil > now ? kept : { ...kept, truncatedUntil: 0 };
  }

  /**
   * The views beside the current one, when everybody acts on that; `undefined` while somebody may not, or a node that
   * they name can't be asked.
   */
  closable(now: number): readonly Closable[] | undefined {
    const { state } = this;
    if (state === undefined || now < state.agreedAt || this.unlisted.size > 0) return undefined;
    if ([...this.#history.drains.keys()].some((id) => this.isDraining(id))) return undefined;
    return state.others.flatMap(({ view: { id } }) => {
      const entry = this.#history.views.get(id);
      return entry === undefined ? [] : [{ id, confirmedAt: entry.confirmedAt }];
    });
  }

  /** Says that these handovers are being finished, or are. */
  close(views: readonly Closable[], isClosed: boolean, now: number): void {
    const closings = new Map(views.map(({ id, confirmedAt }) => [this.#nameOf(id), { confirmedAt, isClosed }]));
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, closings });
    this.#refresh(now);
  }

  /** This stands on every node in reach: what is closed in it, nobody asks for any more who looks at the fence. */
  stands({ closings }: History, now: number): void {
    for (const [name, { confirmedAt, isClosed }] of closings)
      if (isClosed) this.#closedUntil.set(name, Math.max(confirmedAt, this.#closedUntil.get(name) ?? 0));
    this.#history = this.#withoutClosed(this.#history);
    this.#refresh(now);
  }

  /**
   * Whether a view of this client's is closed that may not be so on every node: until it is, nobody can say who decides
   * between two writers.
   */
  get awaitsClosing(): boolean {
    return (
      this.#state?.others.some(({ stage }) => stage === 'closed') === true ||
      this.#stageOf(this.#current?.id ?? '') !== 'open'
    );
  }

  #withoutClosed(history: History): History {
    return pruneHistory(history, ({ confirmedAt }, id) => {
      if (this.#closedUntil.size === 0) return true;
      return confirmedAt > (this.#closedUntil.get(this.#nameOf(id)) ?? -1);
    });
  }

  /** A view that was closed so long ago would be over by now in any case. */
  #withoutOldClosings(history: History, now: number): History {
    if (history.closings.size === 0) return history;
    const longestMs =
      1000 *
      Math.max(
        this.#options.windowSeconds,
        this.#ttlSeconds,
        ...[...history.views.values()].map(({ ttlSeconds }) => ttlSeconds),
      );
    const isOver = ({ confirmedAt }: Closing): boolean => confirmedAt + this.#agreementMs + longestMs <= now;
    const kept = [...history.closings].filter(([, closing]) => !isOver(closing));
    return kept.length === history.closings.size ? history : { ...history, closings: new Map(kept) };
  }

  #stageOf(id: string): OpenView['stage'] {
    const { closings, views } = this.#history;
    if (closings.size === 0) return 'open';
    const closing = closings.get(this.#nameOf(id));
    if (closing === undefined || (views.get(id)?.confirmedAt ?? -1) > closing.confirmedAt) return 'open';
    return closing.isClosed ? 'closed' : 'closing';
  }

  /** Which confirmation of a view its closing concerns; -1 when there is none. */
  #closedAt(id: string): number {
    return this.#history.closings.get(this.#nameOf(id))?.confirmedAt ?? -1;
  }

  #nameOf(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = closingName(id);
    this.#names.set(id, name);
    return name;
  }

  /** Why a history that was read can't be used; `undefined` if it can. */
  unsuitable(history: History, now: number): string | undefined {
    const merged = mergeHistories(this.#history, this.relevant(history, now));
    if (merged.drains.size > MAX_NODES && merged.drains.size > this.#history.drains.size)
      return `it would make ${merged.drains.size} drains`;
    if (this.#options.trustsHistory || merged.views.size === this.#history.views.size) return undefined;
    const named = [...merged.views.values()].flatMap(({ nodes }) => nodes.map(({ id }) => id));
    const names = new Set(named).size;
    if (named.length <= MAX_UNSIGNED_NODES && names <= MAX_UNSIGNED_NAMES) return undefined;
    return `with what is known it would make ${merged.views.size} views of ${names} nodes, which is too many of a history that is not signed`;
  }

  /**
   * Makes ready what a view that was read is acted on by. Whether it was not known yet. Throws what the distribution
   * throws at its nodes.
   */
  place(id: string, entry: ViewEntry): boolean {
    if (this.#distributions.has(id)) return false;
    this.#view(id, entry);
    return true;
  }

  /**
   * Every listed node has answered. If nodes have lost a view, a client that uses it publishes it again within an
   * agreement.
   */
  nothingIsMissing(now: number): void {
    const { isWhole, forgottenAt } = this.#history;
    if (isWhole || (forgottenAt > 0 && now < forgottenAt + this.#agreementMs)) return;
    this.#history = { ...this.#history, isWhole: true, forgottenAt: 0 };
  }

  /** Nodes have lost the history, and no other node had the whole of it. */
  forgotten(now: number): void {
    if (this.#history.isWhole) return;
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, forgottenAt: now });
  }

  /**
   * A record is about to be written for so long: as a caller asks, or because it has so long to live yet. Whether the
   * history must be published before.
   */
  timeToLive(seconds: number, why: 'asked' | 'carried'): boolean {
    if (why === 'asked' && this.#asked[0] !== seconds)
      this.#asked = [seconds, ...this.#asked.filter((other) => other !== seconds)].slice(0, MAX_ASKED);
    if (seconds <= this.#ttlSeconds) return false;
    // What is carried has less and less time left: not each is to be published.
    this.#ttlSeconds = Math.min(
      ...this.#asked.filter((asked) => asked >= seconds),
      why === 'asked' ? seconds : Infinity,
    );
    if (this.#ttlSeconds === Infinity) this.#ttlSeconds = seconds;
    return true;
  }

  /** What is written for longer has to be published before, in seconds. */
  get ttlSeconds(): number {
    return this.#ttlSeconds;
  }

  /**
   * What the nodes should know: the history, with the current view in it, confirmed anew when the last confirmation is
   * older than the interval. A view that reached no node was used by no client, and is dropped.
   */
  wanted(now: number): History {
    const current = this.#current;
    if (current === undefined) return this.#history;
    return mergeHistories(this.#history, {
      ...EMPTY_HISTORY,
      views: this.#confirmation(current, now),
      drains: this.#renewals(now),
    });
  }

  /** A view in use is confirmed once an interval, by any client. */
  #confirmation({ id, nodes, cause, since }: View, now: number): ReadonlyMap<string, ViewEntry> {
    const known = this.#history.views.get(id);
    const isRecent = known !== undefined && now - this.#confirmedAt(id, known, now) < this.#options.historyIntervalMs;
    if (isRecent && this.#stageOf(id) === 'open' && known.ttlSeconds >= this.#ttlSeconds) return new Map();
    // Greater than the last confirmation, which may come from a fast clock: other clients must see a change.
    const before = Math.max(known?.confirmedAt ?? -1, this.#closedAt(id));
    const confirmedAt = Math.max(now, before + 1);
    return new Map([[id, { ...this.#placementOf(nodes), cause, since, confirmedAt, ttlSeconds: this.#ttlSeconds }]]);
  }

  /** This client's drains, and finished drains of listed nodes, are confirmed once an interval. */
  #renewals(now: number): ReadonlyMap<string, DrainMark> {
    const listed = new Set(this.listedIds);
    const renewed = [...this.#history.drains].filter(
      ([id, mark]) =>
        mark.drained &&
        (mark.isDone ? listed.has(id) : this.#draining.has(id)) &&
        now - this.#drains.when(id, mark.at, now) >= this.#options.historyIntervalMs / 2,
    );
    return new Map(renewed.map(([id, mark]) => [id, this.#saidNow(id, mark, now)]));
  }

  #confirmedAt(id: string, { confirmedAt }: ViewEntry, now: number): number {
    return this.#confirmations.when(id, confirmedAt, now);
  }

  /**
   * Whether everybody acts on one view, and neither a drain nor a closing is under way. Until then the history is read
   * from all nodes, and all are told what is confirmed. Afterwards one node is enough: whoever turns to another view
   * reads them all.
   */
  isInAgreement(now: number): boolean {
    const { agreedAt = 0, others = [] } = this.#state ?? {};
    const isClosing = this.awaitsClosing || others.some(({ stage }) => stage !== 'open');
    return now >= agreedAt && !isClosing && this.#history.drains.size === 0;
  }

  /** Forgets what no client needs any more. */
  prune(now: number): void {
    const open = pruneHistory(
      this.#history,
      (entry, id) => this.#openUntil(id, entry, now) > now || id === this.#current?.id,
    );
    this.#history = this.relevant(open, now);
    this.#confirmations.keepOnly((id) => this.#history.views.has(id));
    this.#drains.keepOnly((id) => this.#history.drains.has(id));
    for (const id of this.#absentSince.keys()) if (!this.#history.drains.has(id)) this.#absentSince.delete(id);
    for (const id of this.#distributions.keys())
      if (!this.#history.views.has(id) && id !== this.#current?.id) this.#distributions.delete(id);
    for (const name of this.#closedUntil.keys()) if (!this.#history.closings.has(name)) this.#closedUntil.delete(name);
    for (const id of this.#names.keys())
      if (!this.#history.views.has(id) && id !== this.#current?.id) this.#names.delete(id);
    const named = this.#named();
    for (const id of this.#everListed) if (!named.has(id)) this.#everListed.delete(id);
    this.#refresh(now);
  }

  /** Every node that a key could be on and that may be spoken to, listed or not. */
  nodes(): ReadonlySet<string> {
    const named = this.#named();
    if (this.#options.trustsHistory) return named;
    return new Set([...named].filter((id) => this.#everListed.has(id)));
  }

  /** Nodes that a history names that nobody signed, and that discovery never listed: nobody connects to them. */
  get unlisted(): ReadonlySet<string> {
    if (this.#options.trustsHistory) return NONE;
    return new Set([...this.#named()].filter((id) => !this.#everListed.has(id)));
  }

  /** Listed nodes, and those of the views. */
  #named(): Set<string> {
    const ids = new Set(this.#listed.map(({ id }) => id));
    for (const entry of this.#history.views.values()) for (const { id } of entry.nodes) ids.add(id);
    return ids;
  }

  /** A node that was drained, left the list, and is listed anew is a new one: its drain is over. */
  #welcomeBack(now: number): void {
    for (const { id } of this.#listed) {
      const mark = this.#history.drains.get(id);
      // A drain that was said later than that is under way: this client hears late of the node.
      const since = this.#absentSince.get(id);
      if (mark?.drained !== true || since === undefined || mark.began + this.#options.clockSkewMs >= since) continue;
      this.#say(id, { drained: false, isDone: false }, now);
    }
  }

  /** Only for nodes with a drain: remembering every node would grow without bound where machines come and go. */
  #noteAbsence(now: number): void {
    const listed = new Set(this.#listed.map(({ id }) => id));
    for (const [id, { drained }] of this.#history.drains) {
      if (!drained || listed.has(id)) this.#absentSince.delete(id);
      else if (!this.#absentSince.has(id)) this.#absentSince.set(id, now);
    }
  }

  #turn(cause: ViewCause, now: number): boolean {
    const nodes = this.#rotation();
    const placement = this.#placementOf(nodes);
    const id = viewId(placement);
    if (nodes.length === 0 || id === this.#current?.id) {
      this.#refresh(now);
      return false;
    }
    const before = this.#history.views.get(id);
    this.#confirmLeft(now);
    // The shortest is the usual one, and need not be published apart. One session of ten years keeps open the window of
    // its own view, and no later one.
    this.#ttlSeconds = Math.max(before?.ttlSeconds ?? 0, this.#asked.length === 0 ? 0 : Math.min(...this.#asked));
    const { ttlSeconds } = this;
    this.#current = this.#view(id, {
      ...placement,
      cause: before?.cause ?? cause,
      since: before?.since ?? now,
      confirmedAt: now,
      ttlSeconds,
    });
    this.#refresh(now);
    return true;
  }

  /** Until now it was acted on, though it may not have been said lately. */
  #confirmLeft(now: number): void {
    const left = this.#options.observe === true ? undefined : this.#current;
    const known = left === undefined ? undefined : this.#history.views.get(left.id);
    if (left === undefined || known === undefined) return;
    // Above what a clock said that is ahead, others could not tell it from what they say themselves.
    this.#confirmations.renew(left.id, known.confirmedAt, now);
    const confirmedAt = Math.max(now, known.confirmedAt, this.#closedAt(left.id) + 1);
    const entry = { ...known, confirmedAt, ttlSeconds: Math.max(known.ttlSeconds, this.#ttlSeconds) };
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, views: new Map([[left.id, entry]]) });
  }

  /** The listed nodes without those that are down or drained. Never empty: the last nodes are not ejected. */
  #rotation(): readonly ViewNode[] {
    const kept = this.#listed.filter(({ id }) => this.#history.drains.get(id)?.drained !== true);
    const wanted = kept.length > 0 ? kept : this.#listed;
    const up = wanted.filter(({ id }) => !this.#down.has(id));
    return up.length > 0 ? up : wanted;
  }

  #refresh(now: number): void {
    const current = this.#current;
    if (current === undefined) return;
    const others: OpenView[] = [];
    let agreedAt = 0;
    for (const [id, entry] of this.#history.views) {
      const openUntil = this.#openUntil(id, entry, now);
      if (id === current.id || openUntil <= now) continue;
      const confirmedAt = this.#confirmedAt(id, entry, now);
      const agreedAfter = confirmedAt + this.#agreementMs;
      others.push({ view: this.#view(id, entry), confirmedAt, openUntil, agreedAfter, stage: this.#stageOf(id) });
      agreedAt = Math.max(agreedAt, agreedAfter);
    }
    others.sort((one, other) => (isOlder(one.view, other.view) ? -1 : 1));
    const listed = new Set(this.#listed.map(({ id }) => id));
    const isActedOn = (id: string): boolean =>
      others.some(({ view, agreedAfter }) => now < agreedAfter && view.nodes.some((node) => node.id === id));
    // One that merely does not answer this client may be in use by others, whose list it is on.
    const isGone = (id: string): boolean => !listed.has(id) && (this.#refusing.has(id) || !isActedOn(id));
    const gone = new Set([...this.unlisted, ...[...this.#down].filter(isGone)]);
    if (!isSamePlacement(this.#state, current, others)) this.#basis = {};
    this.#state = { current, others, agreedAt, gone, clockSkewMs: this.#options.clockSkewMs };
  }

  #agreedAfter(id: string, entry: ViewEntry, now: number): number {
    return this.#confirmedAt(id, entry, now) + this.#agreementMs;
  }

  get #agreementMs(): number {
    return this.#msOf(INTERVALS_TO_AGREE);
  }

  #msOf(intervals: number): number {
    return intervals * this.#options.historyIntervalMs + this.#options.clockSkewMs;
  }

  /**
   * No client wrote under the view after it was agreed; a record written before lives for the longest time to live at
   * most.
   */
  #openUntil(id: string, entry: ViewEntry, now: number): number {
    return this.#agreedAfter(id, entry, now) + this.#windowMs(entry);
  }

  #windowMs({ ttlSeconds }: ViewEntry): number {
    return Math.max(ttlSeconds, this.#options.windowSeconds) * 1000;
  }

  /** Until when a view may be wanted that others read of, milliseconds since 1970. */
  endOf(entry: ViewEntry): number {
    return entry.confirmedAt + this.#agreementMs + this.#windowMs(entry);
  }

  /** Whether no earlier view can be unknown. */
  isComplete(clock: Pick<Clock, 'now'>): boolean {
    const { isWhole, truncatedUntil } = this.#history;
    return isWhole && (truncatedUntil === 0 || truncatedUntil <= clock.now());
  }

  #view(id: string, entry: ViewEntry): View {
    const { cause, since } = entry;
    const known = this.#distributions.get(id);
    if (known?.since === since) return known;
    const view = known === undefined ? createView(entry, this.#distributionOf(entry)) : { ...known, since, cause };
    this.#distributions.set(id, view);
    return view;
  }

  #distributionOf({ distribution }: ViewEntry): DistributionFactory | undefined {
    return distribution === this.#fingerprint ? this.#options.distribution : knownDistribution(distribution);
  }

  /** How this client places keys on these nodes. */
  #placementOf(nodes: readonly ViewNode[]): Placement {
    return { nodes, copies: this.#options.copies, distribution: this.#fingerprint };
  }
}

/** Whether both have the same views in the same states; the ends may differ. */
function isSamePlacement(before: RoutingState | undefined, current: View, others: readonly OpenView[]): boolean {
  if (before?.current !== current || before.others.length !== others.length) return false;
  return others.every(
    ({ view, stage }, index) => before.others[index]?.view === view && before.others[index]?.stage === stage,
  );
}
