/**
 * What this client knows of views: which nodes discovery lists, which of them are down or drained, and which views the
 * history says other clients used. Every change of the rotation (discovery, health, drain) is reported here and makes a
 * new current view.
 *
 * No I/O and no timers.
 */
import type { Clock } from '../clock.ts';
import { ForgottenViews, type ForgottenView } from './forgotten-views.ts';
import { Closings, type Closable } from './closings.ts';
import { Drains, isDraining, isEmptied, isTakenOut, type DrainState } from './drains.ts';
import { whyTooMuch } from './history-limits.ts';
import {
  EMPTY_HISTORY,
  mergeHistories,
  pruneHistory,
  viewId,
  type History,
  type Placement,
  type ViewCause,
  type ViewEntry,
  type ViewNode,
} from './history.ts';
import { agreementMs } from './intervals.ts';
import { KnownNodes } from './known-nodes.ts';
import { Aliases } from './aliases.ts';
import { ClusterIdentity } from './identity.ts';
import { isOlder, type OpenView, type RoutingState } from './route.ts';
import { TimesToLive } from './times-to-live.ts';
import { ViewCache } from './view-cache.ts';
import type { DistributionFactory, View } from './view.ts';
import { Windows, type WindowOptions } from './windows.ts';

export interface MembershipOptions extends WindowOptions {
  readonly copies: number;
  readonly distribution: DistributionFactory;
  /** Whether the history is signed: then nodes are spoken to that only the history names. */
  readonly trustsHistory: boolean;
  /** Whether this client only looks: it acts on no view. */
  readonly observe?: boolean;
  /** From 0 to less than 1, for the name of a new cluster. Default: `Math.random`. */
  readonly random?: () => number;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #nodes: KnownNodes;
  readonly #views: ViewCache;
  readonly #windows: Windows;
  readonly #drains: Drains;
  readonly #closings = new Closings();
  readonly #times = new TimesToLive();
  readonly #forgotten = new ForgottenViews();
  #down: ReadonlySet<string> = new Set();
  /** Of these, those that refuse connections: no client reaches them. */
  readonly #refusing = new Set<string>();
  #history: History = EMPTY_HISTORY;
  #current: View | undefined;
  #state: RoutingState | undefined;
  #basis: object = {};

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.identity = new ClusterIdentity(options.random ?? Math.random);
    this.#nodes = new KnownNodes(options.trustsHistory);
    this.#views = new ViewCache(options);
    this.#windows = new Windows(options);
    this.#drains = new Drains(options);
  }

  /**
   * What a view of a history goes by that does not say so, because an earlier version wrote it: what this client goes
   * by.
   */
  get unsaid(): Omit<Placement, 'nodes'> {
    const { copies, distribution } = this.#views.placementOf([]);
    return { copies, distribution };
  }

  /** The nodes that discovery lists. */
  get listedIds(): ReadonlySet<string> {
    return this.#nodes.listedIds;
  }

  get history(): History {
    return this.#history;
  }

  get current(): View | undefined {
    return this.#current;
  }

  /** The name of the cluster, and which nodes belong to another. */
  readonly identity: ClusterIdentity;

  /** Names that are gone of machines that are listed under another. */
  readonly aliases: Aliases = new Aliases();

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
    const before = { listed: this.#nodes.listed, history: this.#history };
    // One copy has no other zone to go to: then zones decide no owner, and are no part of a view.
    this.#nodes.listed = this.#options.copies > 1 ? nodes : nodes.map(({ id, weight }) => ({ id, weight }));
    this.#history = this.#drains.welcomeBack(this.#history, this.listedIds, now);
    try {
      const turned = this.#turn('discovery', now);
      this.#drains.noteAbsence(this.#history, this.listedIds, now);
      this.#nodes.rememberListed();
      this.aliases.listed(this.listedIds);
      this.#refresh(now);
      return turned;
    } catch (error) {
      this.#nodes.listed = before.listed;
      this.#history = before.history;
      throw error;
    }
  }

  /** Whether a drain, by any client, has taken the node out of rotation. */
  isDrained(id: string): boolean {
    return isTakenOut(this.#history, id) && !(this.#current?.nodes.some((node) => node.id === id) ?? false);
  }

  /** Whether a drain of the node is under way, by whichever client. */
  isDraining(id: string): boolean {
    return isDraining(this.#history, id);
  }

  /** Whether any node would remain in rotation without this one. */
  canSpare(id: string): boolean {
    return this.#nodes.listed.some((node) => node.id !== id && !isTakenOut(this.#history, node.id));
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
    this.aliases.forget(id);
    const nodes = this.#rotation().filter((node) => node.id !== id);
    if (nodes.length === 0) return;
    const entry: ViewEntry = {
      ...this.#views.placementOf(nodes),
      cause: 'node-down',
      since: now,
      confirmedAt: now,
      ttlSeconds: this.#times.longest,
    };
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, views: new Map([[viewId(entry), entry]]) });
    this.#refresh(now);
  }

  /** Takes a node out of rotation for every client, marks it as empty, or puts it back. */
  mark(id: string, state: DrainState, now: number): boolean {
    this.#history = this.#drains.mark(this.#history, id, state, now);
    this.#drains.noteAbsence(this.#history, this.listedIds, now);
    return this.#turn('drain', now);
  }

  /** Which nodes are of another cluster may have changed. Whether the rotation did. */
  identified(now: number): boolean {
    return this.#turn('discovery', now);
  }

  /** Puts nodes back whose drain was abandoned. Call it right after the history was read. */
  endDrains(now: number): void {
    this.#history = this.#drains.endAbandoned(this.#history, now);
    this.#turn('drain', now);
  }

  /** A history was read. Whether the rotation changed (by a drain that another client began or ended). */
  learned(history: History, now: number): boolean {
    const merged = mergeHistories(this.#history, this.relevant(history, now));
    if (merged === this.#history) return false;
    this.#history = this.#closings.withoutClosed(merged);
    this.#times.atLeast(merged.views.get(this.#current?.id ?? '')?.ttlSeconds ?? 0);
    if (this.listedIds.size > 0) this.#drains.noteAbsence(this.#history, this.listedIds, now);
    return this.#turn('drain', now);
  }

  /** Without drains that nobody confirms any more, and without closed views. */
  relevant(history: History, now: number): History {
    const confirmed = this.#withoutOldClosings(this.#drains.withoutForgotten(history, now), now);
    const kept = this.#closings.withoutClosed(confirmed);
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
    this.#history = this.#closings.close(this.#history, views, isClosed);
    this.#refresh(now);
  }

  /** This stands on every node in reach: what is closed in it, nobody asks for any more who looks at the fence. */
  stands({ closings }: History, now: number): void {
    this.#closings.stand(closings);
    const before = this.#history.views;
    this.#history = this.#closings.withoutClosed(this.#history);
    for (const [id, entry] of before) if (!this.#history.views.has(id)) this.#rememberLosses(id, entry, now);
    this.#refresh(now);
  }

  /** A handover was finished without the nodes that are gone: what only they held is lost. */
  #rememberLosses(id: string, entry: ViewEntry, now: number): void {
    const { gone } = this.#state ?? {};
    const isLost = (node: string): boolean =>
      gone?.has(node) === true && !this.aliases.names.has(node) && !this.#drains.wasEmptied(node);
    const lost = new Set(entry.nodes.flatMap((node) => (isLost(node.id) ? [node.id] : [])));
    if (lost.size === 0) return;
    this.#forgotten.add({
      view: this.#views.get(id, entry),
      lost,
      actedOnUntil: this.#windows.agreedAfter(id, entry, now),
      matterUntil: this.#windows.openUntil(id, entry, now),
    });
  }

  /** Views that were forgotten though nodes of theirs were lost, and of which a record could live yet. */
  forgottenViews(now: number): readonly ForgottenView[] {
    return this.#forgotten.at(now);
  }

  /** Whether a drain was seen to be done since the node was listed: all that it held is elsewhere. */
  isEmptied(id: string): boolean {
    return this.#drains.wasEmptied(id);
  }

  /**
   * Whether a view of this client's is closed that may not be so on every node: until it is, nobody can say who decides
   * between two writers.
   */
  get awaitsClosing(): boolean {
    return (
      this.#state?.others.some(({ stage }) => stage === 'closed') === true ||
      this.#closings.stageOf(this.#history, this.#current?.id ?? '') !== 'open'
    );
  }

  /** Why a history that was read can't be used; `undefined` if it can. */
  unsuitable(history: History, now: number): string | undefined {
    const merged = mergeHistories(this.#history, this.relevant(history, now));
    return whyTooMuch(this.#history, merged, this.#options.trustsHistory);
  }

  /**
   * Makes ready what a view that was read is acted on by. Whether it was not known yet. Throws what the distribution
   * throws at its nodes.
   */
  place(id: string, entry: ViewEntry): boolean {
    if (this.#views.has(id)) return false;
    this.#views.get(id, entry);
    return true;
  }

  /**
   * Every listed node has answered. If nodes have lost a view, a client that uses it publishes it again within an
   * agreement.
   */
  nothingIsMissing(now: number): void {
    const { isWhole, forgottenAt } = this.#history;
    if (isWhole || (forgottenAt > 0 && now < forgottenAt + agreementMs(this.#options))) return;
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
    return this.#times.use(seconds, why);
  }

  /** What is written for longer has to be published before, in seconds. */
  get ttlSeconds(): number {
    return this.#times.longest;
  }

  /**
   * What the nodes should know: the history, with the current view in it, confirmed anew when the last confirmation is
   * older than the interval. A view that reached no node was used by no client, and is dropped.
   */
  wanted(now: number): History {
    const current = this.#current;
    if (current === undefined) return this.#history;
    const merged = mergeHistories(this.#history, {
      ...EMPTY_HISTORY,
      views: this.#confirmation(current, now),
      drains: this.#drains.renewals(this.#history, this.listedIds, now),
    });
    const cluster = this.identity.own;
    return merged.cluster === cluster ? merged : { ...merged, cluster };
  }

  /** A view in use is confirmed once an interval, by any client. */
  #confirmation({ id, nodes, cause, since }: View, now: number): ReadonlyMap<string, ViewEntry> {
    const ttlSeconds = this.#times.longest;
    const known = this.#history.views.get(id);
    const isRecent =
      known !== undefined && now - this.#windows.confirmedAt(id, known, now) < this.#options.historyIntervalMs;
    if (isRecent && this.#closings.stageOf(this.#history, id) === 'open' && known.ttlSeconds >= ttlSeconds)
      return new Map();
    // Greater than the last confirmation, which may come from a fast clock: other clients must see a change.
    const before = Math.max(known?.confirmedAt ?? -1, this.#closings.confirmationOf(this.#history, id));
    const confirmedAt = Math.max(now, before + 1);
    return new Map([[id, { ...this.#views.placementOf(nodes), cause, since, confirmedAt, ttlSeconds }]]);
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
      (entry, id) => this.#windows.openUntil(id, entry, now) > now || id === this.#current?.id,
    );
    this.#history = this.relevant(open, now);
    const isKnown = (id: string): boolean => this.#history.views.has(id);
    const isInUse = (id: string): boolean => isKnown(id) || id === this.#current?.id;
    this.#windows.keepOnly(isKnown);
    const named = this.nodes();
    this.#drains.prune(this.#history, (id) => named.has(id));
    this.#forgotten.prune(now);
    this.#views.keepOnly(isInUse);
    this.#closings.prune(this.#history, isInUse);
    this.#nodes.prune(this.#history);
    this.#refresh(now);
  }

  /** Every node that a key could be on and that may be spoken to, listed or not. */
  nodes(): ReadonlySet<string> {
    const reachable = this.#nodes.reachable(this.#history);
    const { names } = this.aliases;
    return names.size === 0 ? reachable : new Set([...reachable].filter((id) => !names.has(id)));
  }

  /** Nodes that a history names that nobody signed, and that discovery never listed: nobody connects to them. */
  get unlisted(): ReadonlySet<string> {
    return this.#nodes.unlisted(this.#history);
  }

  /** Until when a view may be wanted that others read of, milliseconds since 1970. */
  endOf(entry: ViewEntry): number {
    return this.#windows.endOf(entry);
  }

  /** Whether no earlier view can be unknown. */
  isComplete(clock: Pick<Clock, 'now'>): boolean {
    const { isWhole, truncatedUntil } = this.#history;
    return isWhole && (truncatedUntil === 0 || truncatedUntil <= clock.now());
  }

  #turn(cause: ViewCause, now: number): boolean {
    const nodes = this.#rotation();
    const placement = this.#views.placementOf(nodes);
    const id = viewId(placement);
    if (nodes.length === 0 || id === this.#current?.id) {
      this.#refresh(now);
      return false;
    }
    const before = this.#history.views.get(id);
    this.#confirmLeft(now);
    this.#times.turn(before?.ttlSeconds ?? 0);
    this.#current = this.#views.get(id, {
      ...placement,
      cause: before?.cause ?? cause,
      since: before?.since ?? now,
      confirmedAt: now,
      ttlSeconds: this.#times.longest,
    });
    this.#refresh(now);
    return true;
  }

  #withoutOldClosings(history: History, now: number): History {
    if (history.closings.size === 0) return history;
    const longestMs = this.#windows.longestMs(history.views.values(), this.#times.longest);
    return this.#closings.withoutOld(history, longestMs, now);
  }

  /** Until now it was acted on, though it may not have been said lately. */
  #confirmLeft(now: number): void {
    const left = this.#options.observe === true ? undefined : this.#current;
    const known = left === undefined ? undefined : this.#history.views.get(left.id);
    if (left === undefined || known === undefined) return;
    // Above what a clock said that is ahead, others could not tell it from what they say themselves.
    this.#windows.renew(left.id, known.confirmedAt, now);
    const confirmedAt = Math.max(now, known.confirmedAt, this.#closings.confirmationOf(this.#history, left.id) + 1);
    const entry = { ...known, confirmedAt, ttlSeconds: Math.max(known.ttlSeconds, this.#times.longest) };
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, views: new Map([[left.id, entry]]) });
  }

  /** The listed nodes without those that are down, drained or of another cluster. Never empty: the last nodes are not ejected. */
  #rotation(): readonly ViewNode[] {
    const { foreign } = this.identity;
    const ours = this.#nodes.listed.filter(({ id }) => !foreign.has(id));
    const listed = ours.length > 0 ? ours : this.#nodes.listed;
    const kept = listed.filter(({ id }) => !isTakenOut(this.#history, id));
    const wanted = kept.length > 0 ? kept : listed;
    const up = wanted.filter(({ id }) => !this.#down.has(id));
    return up.length > 0 ? up : wanted;
  }

  #refresh(now: number): void {
    const current = this.#current;
    if (current === undefined) return;
    const others = this.#openViews(current, now);
    const agreedAt = Math.max(0, ...others.map(({ agreedAfter }) => agreedAfter));
    const isActedOn = (id: string): boolean =>
      others.some(({ view, agreedAfter }) => now < agreedAfter && view.nodes.some((node) => node.id === id));
    // One that merely does not answer this client may be in use by others, whose list it is on.
    const isGone = (id: string): boolean => !this.listedIds.has(id) && (this.#refusing.has(id) || !isActedOn(id));
    // Off the list and without a history, it lost what it held: it may be on its way to another cluster.
    const isLost = (id: string): boolean => !this.listedIds.has(id) && this.identity.isBlank(id) && !isActedOn(id);
    const gone = new Set([
      ...this.unlisted,
      ...[...this.#down].filter(isGone),
      ...this.identity.foreign.keys(),
      ...[...this.nodes()].filter(isLost),
    ]);
    // All that it held is elsewhere, and nobody acts on a view with it: it was stopped, and is not waited for.
    const isSpared = (id: string): boolean =>
      isEmptied(this.#history, id) && !isActedOn(id) && !current.nodes.some((node) => node.id === id);
    const emptied = new Set([...this.#down].filter(isSpared));
    if (!isSamePlacement(this.#state, current, others)) this.#basis = {};
    // A copy: who goes by a state compares it with a later one.
    const aliases = new Map(this.aliases.names);
    if (!isSameNames(this.#state?.aliases, aliases)) this.#basis = {};
    this.#state = { current, others, agreedAt, gone, emptied, aliases, clockSkewMs: this.#options.clockSkewMs };
  }

  /** Views beside the current one under which copies may be wanted yet; the oldest first. */
  #openViews(current: View, now: number): readonly OpenView[] {
    const open: OpenView[] = [];
    for (const [id, entry] of this.#history.views) {
      const openUntil = this.#windows.openUntil(id, entry, now);
      if (id === current.id || openUntil <= now) continue;
      open.push({
        view: this.#views.get(id, entry),
        confirmedAt: this.#windows.confirmedAt(id, entry, now),
        openUntil,
        agreedAfter: this.#windows.agreedAfter(id, entry, now),
        stage: this.#closings.stageOf(this.#history, id),
      });
    }
    return open.toSorted((one, other) => (isOlder(one.view, other.view) ? -1 : 1));
  }
}

function isSameNames(before: ReadonlyMap<string, string> | undefined, now: ReadonlyMap<string, string>): boolean {
  return before?.size === now.size && [...now].every(([id, name]) => before.get(id) === name);
}

/** Whether both have the same views in the same states; the ends may differ. */
function isSamePlacement(before: RoutingState | undefined, current: View, others: readonly OpenView[]): boolean {
  if (before?.current !== current || before.others.length !== others.length) return false;
  return others.every(
    ({ view, stage }, index) => before.others[index]?.view === view && before.others[index]?.stage === stage,
  );
}
