/**
 * This client's knowledge of views: which nodes discovery lists, which of them are down or drained, and which views
 * other clients used according to the history. Every change of the rotation (discovery, health, drain) is reported here
 * and creates a new current view.
 *
 * No I/O and no timers.
 */
import type { Adoption, SteadyClock } from '../steady-clock.ts';
import { ForgottenViews } from './forgotten-views.ts';
import { Closings, type Closable } from './closings.ts';
import { completed, forgotten } from './completeness.ts';
import {
  confirmationOf,
  extended,
  lastConfirmationOf,
  lastConfirmedIn,
  type ConfirmationSources,
} from './confirmations.ts';
import { Drains, type DrainState } from './drains.ts';
import { MAX_AHEAD_MS } from './history-checks.ts';
import { limitsOf, whyTooMuch } from './history-limits.ts';
import {
  confirmed,
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
import { Outages } from './outages.ts';
import type { RoutingState } from './route.ts';
import { openViews, placesAlike, routingState } from './routing-state.ts';
import { TimesToLive } from './times-to-live.ts';
import { ViewCache } from './view-cache.ts';
import type { DistributionFactory, View } from './view.ts';
import { Windows, type WindowOptions } from './windows.ts';

export interface MembershipOptions extends WindowOptions {
  readonly copies: number;
  readonly distribution: DistributionFactory;
  /** Whether this client only observes: it acts on no view. */
  readonly observe?: boolean;
  /** Returns numbers in [0, 1), for the name of a new cluster. Default: `Math.random`. */
  readonly random?: () => number;
  /** The clock of `now`. Default: one that is never behind the wall clock. */
  readonly clock?: Pick<SteadyClock, 'latest'>;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #nodes: KnownNodes;
  readonly #views: ViewCache;
  readonly #windows: Windows;
  readonly #drains: Drains;
  readonly #closings = new Closings();
  readonly #sources: ConfirmationSources;
  #history: History = EMPTY_HISTORY;
  #current: View | undefined;
  #state: RoutingState | undefined;
  #basis: object = {};
  #viewChanges = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.identity = new ClusterIdentity(options.random ?? Math.random, agreementMs(options));
    this.#nodes = new KnownNodes(options.trustsHistory);
    this.times = new TimesToLive(limitsOf({ isSigned: options.trustsHistory }).ttlSeconds);
    this.#views = new ViewCache(options);
    this.#windows = new Windows(options);
    this.#drains = new Drains(options);
    this.#sources = {
      views: this.#views,
      windows: this.#windows,
      closings: this.#closings,
      times: this.times,
      historyIntervalMs: options.historyIntervalMs,
      latest: (now) => Math.max(now, options.clock?.latest() ?? now),
    };
  }

  /**
   * Settings of views in the history that don't state them, because an earlier version wrote them: those of this
   * client.
   */
  get defaultPlacement(): Omit<Placement, 'nodes'> {
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

  /**
   * How often the current view changed, or another got a longer time to live. A view that becomes current again must be
   * published again.
   */
  get viewChanges(): number {
    return this.#viewChanges;
  }

  /** The name of the cluster, and the nodes of other clusters. */
  readonly identity: ClusterIdentity;

  /** Old names of machines that are listed under another name. */
  readonly aliases: Aliases = new Aliases();

  /** The nodes that this client does not reach. */
  readonly outages: Outages = new Outages();

  /** The times to live of the records under the current view. */
  readonly times: TimesToLive;

  /** Views whose handover was finished without nodes that were gone. */
  readonly forgotten: ForgottenViews = new ForgottenViews();

  /** Identity of what decides owners and orders writers: a new object after every change. */
  get basis(): object {
    return this.#basis;
  }

  /** The state that routing uses; `undefined` before the first topology. */
  get state(): RoutingState | undefined {
    return this.#state;
  }

  /**
   * Sets the nodes that discovery lists. Returns whether the rotation changed. Throws the distribution's errors without
   * changing anything.
   */
  listed(nodes: readonly ViewNode[], now: number): boolean {
    const before = { listed: this.#nodes.listed, history: this.#history };
    // With one copy, zones don't decide owners and are not part of a view.
    this.#nodes.listed = this.#options.copies > 1 ? nodes : nodes.map(({ id, weight }) => ({ id, weight }));
    this.#history = this.#drains.welcomeBack(this.#history, this.listedIds, now);
    try {
      const rotationChanged = this.rotate('discovery', now);
      this.#drains.noteAbsence(this.#history, this.listedIds, now);
      this.#nodes.rememberListed();
      this.aliases.listed(this.listedIds);
      this.#refresh(now);
      return rotationChanged;
    } catch (error) {
      this.#nodes.listed = before.listed;
      this.#history = before.history;
      throw error;
    }
  }

  /**
   * A new machine has a known name. A client that does not know this yet finds the old machine gone and uses a view
   * without it. That view is kept open, so that reads compare the new machine with other nodes, like a node that
   * recovered.
   */
  replaced(id: string, now: number): void {
    this.aliases.forget(id);
    const nodes = this.#rotation().filter((node) => node.id !== id);
    if (nodes.length === 0) return;
    const entry = confirmed(
      { ...this.#views.placementOf(nodes), cause: 'node-down', since: now },
      { confirmedAt: now, latest: this.#sources.latest(now), ttlSeconds: this.times.longest },
    );
    this.#addView(viewId(entry), entry);
    this.#refresh(now);
  }

  /**
   * Call it before a record is written for `ttlSeconds`. While another client may act on another view, the record is
   * written under that view as well: otherwise its copy there would end with the window of the records that the other
   * client knows of. Returns whether the history must be published first.
   */
  announce(ttlSeconds: number, which: 'new' | 'remaining', now: number): boolean {
    const seconds = this.times.toPublish(ttlSeconds, which);
    const isLongest = seconds > this.times.longest;
    this.times.atLeast(seconds);
    const actedOn = (this.#state?.others ?? []).filter(({ agreedAfter }) => now < agreedAfter);
    const shorter = actedOn.flatMap(({ view: { id } }): [string, ViewEntry][] => {
      const entry = this.#history.views.get(id);
      return entry !== undefined && entry.ttlSeconds < seconds ? [[id, { ...entry, ttlSeconds: seconds }]] : [];
    });
    if (shorter.length === 0) return isLongest;
    for (const [id, entry] of shorter) this.#addView(id, entry);
    this.#viewChanges += 1;
    this.#refresh(now);
    return true;
  }

  /** Takes a node out of rotation for every client, marks it as empty, or returns it to rotation. */
  mark(id: string, state: DrainState, now: number): boolean {
    this.#history = this.#drains.mark(this.#history, id, state, now);
    this.#drains.noteAbsence(this.#history, this.listedIds, now);
    return this.rotate('drain', now);
  }

  /** Returns nodes to rotation whose drain was abandoned. Call it right after the history was read. */
  endDrains(now: number): void {
    this.#history = this.#drains.endAbandoned(this.#history, now);
    this.rotate('drain', now);
  }

  /** Corrects the times that this client noted while its clock was behind. `now`: by the corrected clock. */
  adopted(adoption: Adoption, now: number): void {
    this.#windows.adopted(adoption);
    this.#history = this.#drains.adopted(this.#history, adoption, now);
    this.#refresh(now);
  }

  /** Merges a history that was read. Returns whether the rotation changed, by another client's drain. */
  learned(history: History, now: number): boolean {
    const merged = mergeHistories(this.#history, this.relevant(history, now));
    if (merged === this.#history) return false;
    this.#history = this.#closings.withoutClosed(merged);
    this.times.atLeast(merged.views.get(this.#current?.id ?? '')?.ttlSeconds ?? 0);
    if (this.listedIds.size > 0) this.#drains.noteAbsence(this.#history, this.listedIds, now);
    return this.rotate('drain', now);
  }

  /**
   * Call it after a time in which this client did not follow the history. In agreement a confirmation goes to one node.
   * So unless every node of the view that was confirmed last has told its confirmation, clients may have acted on that
   * view until now.
   */
  caughtUp(isToldByAll: (viewId: string, entry: ViewEntry) => boolean, now: number): void {
    const [id, entry] = lastConfirmedIn(this.#history) ?? [];
    if (id === undefined || entry === undefined || id === this.#current?.id || isToldByAll(id, entry)) return;
    this.#addView(id, extended(entry, this.#sources.latest(now)));
    this.#refresh(now);
  }

  /** Removes drains that no client confirms any more, and closed views. */
  relevant(history: History, now: number): History {
    const recent = this.#withoutOldClosings(this.#drains.withoutForgotten(history, now), now);
    const kept = this.#closings.withoutClosed(recent);
    const { truncatedUntil } = kept;
    if (truncatedUntil === 0 || (truncatedUntil > now && this.#isCredible(truncatedUntil, now))) return kept;
    return { ...kept, truncatedUntil: 0 };
  }

  /** Marks these handovers as closing or closed. */
  close(views: readonly Closable[], isClosed: boolean, now: number): void {
    this.#history = this.#closings.close(this.#history, views, isClosed);
    this.#refresh(now);
  }

  /** Every node in reach has this history: clients that read the fence no longer ask the elders of its closed views. */
  storedEverywhere({ closings }: History, now: number): void {
    this.#closings.storedEverywhere(closings);
    const before = this.#history.views;
    this.#history = this.#closings.withoutClosed(this.#history);
    // A record is lost if only nodes that are gone held it.
    const isLost = (id: string): boolean =>
      this.#state?.gone.has(id) === true && !this.aliases.names.has(id) && !this.#drains.wasEmptied(id);
    for (const [id, entry] of before)
      if (!this.#history.views.has(id)) this.forgotten.add(id, entry, isLost, this.#sources, now);
    this.#refresh(now);
  }

  /**
   * Whether no client needs this node any more. A node that left the list and does not answer may only be out of this
   * client's reach, and other clients may still use it.
   */
  isGoneForAll(id: string): boolean {
    if (this.#state?.gone.has(id) !== true) return false;
    return !this.outages.down.has(id) || this.outages.refusing.has(id) || this.#drains.wasEmptied(id);
  }

  /** Whether a drain was done since the node was listed: all of its records are on other nodes. */
  isEmptied(id: string): boolean {
    return this.#drains.wasEmptied(id);
  }

  /**
   * Whether this client has a closed view that may not be closed on every node: until then it is undecided which node
   * orders writers.
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

  /** Whether the placement of a view is computed. */
  isPlaced(id: string): boolean {
    return this.#views.has(id);
  }

  /** Computes the placement of a view that was read. Throws the distribution's errors. */
  place(id: string, entry: ViewEntry): void {
    this.#views.get(id, entry);
  }

  /** Every listed node has answered. */
  nothingIsMissing(now: number): void {
    this.#history = completed(this.#history, this.#options, now);
  }

  /** Nodes have lost the history. */
  historyLost(now: number): void {
    this.#history = forgotten(this.#history, now);
  }

  /**
   * The history that nodes should have: includes the current view, with a new confirmation if the last one is older
   * than the interval. A view that reached no node was used by no client, and is dropped.
   */
  wanted(now: number): History {
    const current = this.#current;
    if (current === undefined) return this.#history;
    const confirmation = confirmationOf(current, this.#history, this.#sources, now);
    const merged = mergeHistories(this.#history, {
      ...EMPTY_HISTORY,
      views: new Map(confirmation === undefined ? [] : [[current.id, confirmation]]),
      drains: this.#drains.renewals(this.#history, this.listedIds, now),
    });
    const cluster = this.identity.own;
    return merged.cluster === cluster ? merged : { ...merged, cluster };
  }

  /**
   * Whether all clients act on one view, without any drain or pending closing. Until then the history is read from all
   * nodes, and confirmations go to all. Afterwards one node is enough: a client that changes its view reads all nodes.
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
    this.#windows.keepOnly(isKnown, now);
    const named = this.nodes();
    this.#drains.prune(this.#history, (id) => named.has(id), now);
    this.forgotten.prune(now);
    this.#views.keepOnly(isInUse);
    this.#closings.prune(this.#history, isInUse);
    this.#nodes.prune(this.#history);
    this.#refresh(now);
  }

  /** All nodes that may hold keys and that this client may connect to, listed or not. */
  nodes(): ReadonlySet<string> {
    const reachable = this.#nodes.reachable(this.#history);
    const { names } = this.aliases;
    return names.size === 0 ? reachable : new Set([...reachable].filter((id) => !names.has(id)));
  }

  /** Nodes that only an unsigned history names: this client does not connect to them. */
  get unlisted(): ReadonlySet<string> {
    return this.#nodes.unlisted(this.#history);
  }

  /** When a view's window ends for clients that read the entry later, milliseconds since 1970. */
  endOf(entry: ViewEntry): number {
    return this.#windows.endOf(entry);
  }

  /** Call it when {@link outages} or the nodes of other clusters changed. Returns whether the rotation changed. */
  rotate(cause: ViewCause, now: number): boolean {
    const nodes = this.#rotation();
    if (this.#options.observe !== true) this.#history = this.#drains.endUsed(this.#history, nodes, now);
    const placement = this.#views.placementOf(nodes);
    const id = viewId(placement);
    if (nodes.length === 0 || id === this.#current?.id) {
      this.#ageCurrent();
      this.#refresh(now);
      return false;
    }
    const before = this.#history.views.get(id);
    this.#confirmLeft(now);
    this.times.viewChanged(before?.ttlSeconds ?? 0);
    this.#viewChanges += 1;
    this.#current = this.#views.get(id, {
      ...placement,
      cause: before?.cause ?? cause,
      since: before?.since ?? now,
      confirmedAt: now,
      ttlSeconds: this.times.longest,
    });
    this.#refresh(now);
    return true;
  }

  /**
   * If another client acted on the current view first, uses that client's `since`: the age of views orders writers, and
   * must be the same for all clients.
   */
  #ageCurrent(): void {
    const entry = this.#current && this.#history.views.get(this.#current.id);
    if (this.#current !== undefined && entry !== undefined && entry.since < this.#current.since)
      this.#current = this.#views.get(this.#current.id, entry);
  }

  /** Whether a history can lack views until then: an unsigned one, only if this client's records live that long. */
  #isCredible(truncatedUntil: number, now: number): boolean {
    if (this.#options.trustsHistory) return true;
    return truncatedUntil <= now + MAX_AHEAD_MS + this.#windows.longestMs([], this.times.credible);
  }

  #withoutOldClosings(history: History, now: number): History {
    if (history.closings.size === 0) return history;
    const longestMs = this.#windows.longestMs(history.views.values(), this.times.longest);
    return this.#closings.withoutOld(history, longestMs, now);
  }

  #confirmLeft(now: number): void {
    const left = this.#options.observe === true ? undefined : this.#current;
    const entry = left && lastConfirmationOf(left, this.#history, this.#sources, now);
    if (left !== undefined && entry !== undefined) this.#addView(left.id, entry);
  }

  #addView(id: string, entry: ViewEntry): void {
    this.#history = mergeHistories(this.#history, { ...EMPTY_HISTORY, views: new Map([[id, entry]]) });
  }

  #rotation(): readonly ViewNode[] {
    const { foreign } = this.identity;
    return this.#nodes.inRotation(this.#history, this.outages.down, foreign);
  }

  #refresh(now: number): void {
    const current = this.#current;
    if (current === undefined) return;
    const others = openViews(this.#history, current, this.#sources, now);
    const state = routingState(current, others, this, this.#options.clockSkewMs, now);
    if (!placesAlike(this.#state, state)) this.#basis = {};
    this.#state = state;
  }
}
