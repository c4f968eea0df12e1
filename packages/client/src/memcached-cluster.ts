import type { Topology } from '@sess/discovery';

import type { SteadyClock } from './steady-clock.ts';
import { collectChannel, type CollectMessage } from './diagnostics.ts';
import { figuresOf, ringIn } from './cluster-figures.ts';
import { SessClientError } from './errors.ts';
import { HistorySync } from './membership/history-sync.ts';
import { historySeals } from './membership/history-seal.ts';
import type { Node } from './node/node.ts';
import type { Handover, Ring } from './contract.ts';
import type { RemovableCluster } from './repair/safe-to-remove.ts';
import type { DrainableCluster } from './repair/drain.ts';
import type { RereplicatingCluster } from './repair/rereplication-task.ts';
import { Finisher, type FinishableCluster } from './repair/finisher.ts';
import { Rereplications } from './repair/rereplications.ts';
import { HintedHandoff } from './repair/hinted-handoff.ts';
import type { Placement } from './operations/miss-cause.ts';
import { placementsOf } from './operations/placements.ts';
import type { DiagnosableCluster } from './operations/why-missing.ts';
import type { SoleOwnership } from './operations/write-to-one.ts';
import { Hedging } from './operations/hedging.ts';
import { pause } from './pause.ts';
import type { RequestOptions } from './transport/transport.ts';
import type { VersionSource } from './version.ts';
import { nodeOf, targetOf } from './membership/change.ts';
import { DiscoveryWatch } from './membership/discovery-watch.ts';
import { CountersOfNodes } from './node/node-counters.ts';
import { NodePool } from './node/node-pool.ts';
import { Rotation } from './membership/rotation.ts';
import { nearFirst } from './membership/zones.ts';
import { closableViews, handedOverInMs, openHandovers } from './membership/open-handovers.ts';
import { route, type Route } from './membership/route.ts';
import type { Closable } from './membership/closings.ts';
import type { DrainState } from './membership/drains.ts';
import { Membership } from './membership/membership.ts';
import { StrangerChecks } from './membership/stranger-checks.ts';
import { ViewNotices } from './membership/view-notices.ts';
import type { ClusterSetup } from './cluster-setup.ts';
import type { View } from './membership/view.ts';

/** Derives the current view from discovery, the nodes' health and the history, and owns the nodes. */
export class MemcachedCluster
  implements
    DrainableCluster,
    RereplicatingCluster,
    RemovableCluster,
    FinishableCluster,
    SoleOwnership,
    DiagnosableCluster
{
  readonly clock: SteadyClock;
  readonly versions: VersionSource;
  readonly rotation: Rotation;
  readonly startedAt: number;
  readonly counters: CountersOfNodes;
  readonly namespace: string;
  readonly hedging: Hedging | undefined;
  readonly strangers: StrangerChecks;
  readonly discovery: DiscoveryWatch;
  readonly #membership: Membership;
  readonly #pool: NodePool;
  readonly #history: HistorySync;
  readonly #hints: HintedHandoff;
  readonly #notices: ViewNotices;
  /** Rereplication needs several copies. */
  readonly #rereplications: Rereplications | undefined;
  readonly #finisher: Finisher | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #nearZone: string | undefined;
  /** Ids of the nodes whose copies are read first. */
  #near: ReadonlySet<string> = new Set();
  #historyKnown = false;
  #ended = false;

  constructor(setup: ClusterSetup) {
    const { clock, random, versions, historyIntervalMs, historySecrets } = setup;
    this.clock = clock;
    this.versions = versions;
    this.startedAt = clock.now();
    this.namespace = setup.namespace;
    this.counters = new CountersOfNodes(clock);
    this.#nearZone = setup.nearZone;
    this.#membership = new Membership({ ...setup, trustsHistory: historySecrets.length > 0 });
    this.rotation = new Rotation(this.#membership, clock, () => this.nodes);
    const seals = historySeals(historySecrets, setup.namespace);
    this.#pool = new NodePool(
      {
        ...setup.node,
        fenceKeys: seals.map(({ fenceKey }) => fenceKey),
        onTrouble: () => this.discovery.refresh(),
        onStateChange: () => this.#nodesChanged(),
        onInterruption: () => this.#interrupted(),
        onMoved: (node) => this.#moved(node),
      },
      setup.shutdownTimeoutMs,
    );
    this.#hints = new HintedHandoff(clock);
    this.#notices = new ViewNotices(this.#membership, setup);
    this.#rereplications = setup.copies > 1 && !setup.observe ? new Rereplications(this) : undefined;
    this.hedging =
      setup.hedgedReads && setup.copies > 1
        ? new Hedging(this.clock, setup.node.transportOptions.timeoutMs)
        : undefined;
    this.#finisher = setup.finish && !setup.observe ? new Finisher(this, setup.keysPerSecond, random) : undefined;
    this.#history = new HistorySync({
      membership: this.#membership,
      nodes: () => [...this.#pool.values()],
      clock,
      random,
      versions,
      intervalMs: historyIntervalMs,
      clockSkewMs: setup.clockSkewMs,
      seals,
      observe: setup.observe,
      onLearned: () => this.#learned(),
      onForgotten: (id) => this.#rereplications?.returned(id),
    });
    this.strangers = new StrangerChecks({
      node: (id) => this.node(id),
      nodes: () => [...this.#pool.values()],
      clock,
      intervalMs: historyIntervalMs,
      seals,
      namespace: setup.namespace,
    });
    collectChannel.subscribe(this.#collect);
    this.discovery = new DiscoveryWatch({
      discovery: setup.discovery,
      clock,
      zoneOf: setup.zoneOf,
      use: (topology) => this.#use(topology),
      onTopology: (topology, rotationChanged) => this.#listed(topology, rotationChanged),
      onError: () => this.#changed(),
    });
    this.discovery.start();
  }

  /** The view in use; `undefined` until the first topology is known and the history was read. */
  get view(): View | undefined {
    return this.#historyKnown ? this.#membership.current : undefined;
  }

  /** The nodes that discovery lists. */
  get nodes(): readonly Node[] {
    return (this.discovery.topology?.nodes ?? []).flatMap(({ id }) => this.#pool.get(id) ?? []);
  }

  /** The name of the cluster; `undefined` while it has none. */
  get name(): string | undefined {
    return this.#membership.identity.own || undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The current placement of keys; `undefined` before the first view. */
  get ring(): Ring | undefined {
    return this.view && ringIn(this.view, this.#membership.history);
  }

  readonly #collect = (message: unknown): void =>
    (message as CollectMessage).add(figuresOf(this, this.#hints.size, () => this.clock.now()));

  // --- for operations

  /** The only node that holds `key` if no view is open; `undefined` if a route is needed. */
  soleOwner(key: string): Node | undefined {
    return this.#history.isFresh ? this.#soleOwner(key) : undefined;
  }

  soleWritableOwner(key: string, ttlSeconds: number): Node | undefined {
    return this.#history.isCurrent && ttlSeconds <= this.#membership.times.longest ? this.#soleOwner(key) : undefined;
  }

  /** Valid only if the history was read lately. */
  #soleOwner(key: string): Node | undefined {
    const state = this.#membership.state;
    if (state === undefined || state.current.copies !== 1 || state.others.length > 0 || !this.#history.isComplete)
      return undefined;
    return this.#pool.get(state.current.distribution.owner(key).id);
  }

  route(key: string): Route {
    const state = this.#membership.state;
    // Operations start only after the first view, and another view always replaces it.
    if (state === undefined) throw new SessClientError('SESS_UNAVAILABLE', 'No topology is known.');
    return route(key, state, this.clock.now());
  }

  readingOrder(owners: readonly string[]): readonly string[] {
    return this.#near.size === 0 ? owners : nearFirst(owners, this.#near);
  }

  placements(key: string): readonly [Placement, ...Placement[]] {
    const { state } = this.#membership;
    if (state === undefined) throw new SessClientError('SESS_UNAVAILABLE', 'No topology is known.');
    const now = this.clock.now();
    return placementsOf(key, state, this.#membership.forgotten.at(now), now);
  }

  isEmptied(id: string): boolean {
    return this.#membership.isEmptied(id);
  }

  get basis(): object {
    return this.#membership.basis;
  }

  node(id: string): Node {
    const node = this.#pool.get(id);
    if (node === undefined)
      throw new SessClientError('SESS_UNAVAILABLE', `Node ${id} left the topology; ask again.`, { node: id });
    return node;
  }

  announceTtl(ttlSeconds: number, which: 'new' | 'remaining' = 'new'): Promise<void> | undefined {
    const mustPublish = this.#membership.announce(ttlSeconds, which, this.clock.now());
    return mustPublish ? this.#history.refresh() : this.ensurePublished();
  }

  ensureFresh(): Promise<void> | undefined {
    return this.#history.isFresh ? undefined : this.#history.refresh();
  }

  ensureComplete(): Promise<void> | undefined {
    return this.#history.isFresh && this.#history.isComplete ? undefined : this.#history.catchUp();
  }

  ensurePublished(): Promise<void> | undefined {
    return this.#history.isCurrent ? undefined : this.#history.refresh();
  }

  relearn(ids: readonly string[]): Promise<boolean> {
    return this.#history.relearn(ids.flatMap((id) => this.#pool.get(id) ?? []));
  }

  hint(nodeId: string, key: string, tombstone: Buffer, endsAt: number): void {
    this.#hints.add(nodeId, key, tombstone, endsAt);
  }

  /** Takes a node out of rotation for every client, or returns it; resolves when that is stored on the nodes. */
  async mark(id: string, state: DrainState): Promise<void> {
    this.#membership.mark(id, state, this.clock.now());
    this.#settle();
    await this.#history.refresh();
  }

  get handovers(): readonly Handover[] {
    const { state } = this.#membership;
    return state === undefined || !this.#historyKnown ? [] : openHandovers(state, this.clock.now());
  }

  async wasEmptied(id: string): Promise<void> {
    await this.#rereplications?.wasEmptied(id);
  }

  get agreedInMs(): number {
    return Math.max(0, (this.#membership.state?.agreedAt ?? 0) - this.clock.now());
  }

  keysOn(id: string, options: RequestOptions | undefined): AsyncIterable<string> {
    return this.node(id).keys('callers', options);
  }

  handedOverInMs(id: string): number {
    const { state, history } = this.#membership;
    return state === undefined ? 0 : handedOverInMs(id, state, history.truncatedUntil, this.clock.now());
  }

  get closable(): readonly Closable[] | undefined {
    if (!this.#historyKnown || !this.#history.isFresh || this.#history.hasEarlierProcesses) return undefined;
    return closableViews(this.#membership, this.clock.now());
  }

  get nodeIds(): readonly string[] | undefined {
    const nodes = [...this.#pool.values()].filter(({ id }) => !this.#membership.isGoneForAll(id));
    return nodes.some(({ health }) => health === 'down') ? undefined : nodes.map(({ id }) => id);
  }

  get isRestoring(): boolean {
    return this.#rereplications?.isBusy ?? false;
  }

  async closeViews(views: readonly Closable[], isClosed: boolean): Promise<void> {
    this.#membership.close(views, isClosed, this.clock.now());
    await this.#history.refresh();
  }

  pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return pause(this.clock, ms, signal);
  }

  /**
   * Calls `listener` after every change of the view or a node's state, and at the end. Returns a function that removes
   * it.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops background work and waits for pending requests, at most `shutdownTimeoutMs`. Idempotent. */
  async close(shutdownTimeoutMs: number): Promise<void> {
    this.#end();
    await this.#pool.close(shutdownTimeoutMs);
  }

  /** Stops background work and rejects pending requests with `SESS_CLOSED`. Idempotent. */
  destroy(): void {
    this.#end();
    this.#pool.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    collectChannel.unsubscribe(this.#collect);
    this.discovery.close();
    this.#history.stop();
    this.#rereplications?.stop();
    this.#finisher?.stop();
    this.#changed();
    this.#listeners.clear();
  }

  // --- discovery

  #use(topology: Topology): boolean {
    try {
      for (const node of topology.nodes) if (this.#pool.want(targetOf(node))) this.#replaced(node.id);
      return this.#membership.listed(
        topology.nodes.map(({ id, weight = 1, zone }) => ({
          id,
          weight,
          ...(zone === undefined ? undefined : { zone }),
        })),
        this.clock.now(),
      );
    } catch (error) {
      const known = this.#membership.nodes();
      this.#pool.keepOnly((id) => known.has(id));
      throw error;
    }
  }

  #listed(topology: Topology, rotationChanged: boolean): void {
    this.#notices.topology(topology);
    this.#near = new Set(
      topology.nodes.flatMap(({ id, zone }) => (zone !== undefined && zone === this.#nearZone ? [id] : [])),
    );
    this.#settle();
    if (!rotationChanged && this.#historyKnown) return;
    const read = this.#historyKnown ? this.#history.refresh() : this.#history.begin();
    read.then(
      () => this.#historyRead(),
      () => this.#historyRead(),
    );
  }

  #historyRead(): void {
    if (this.#historyKnown || this.#ended) return;
    this.#historyKnown = true;
    this.#changed();
  }

  #learned(): void {
    this.#settle();
    const { listedIds, unlisted } = this.#membership;
    this.discovery.named(new Set([...this.#membership.nodes(), ...unlisted]), listedIds);
  }

  /** Connects to exactly the nodes that may hold a key. */
  #settle(): void {
    const wanted = this.#membership.nodes();
    for (const id of wanted) if (this.#pool.get(id) === undefined) this.#pool.want(targetOf(nodeOf(id)));
    this.#pool.keepOnly((id) => wanted.has(id));
    this.#membership.outages.keepOnly(wanted);
    this.hedging?.keepOnly(wanted);
    this.#changed();
  }

  // --- health

  #nodesChanged(): void {
    if (this.#ended) return;
    let rotationChanged = false;
    this.#membership.outages.update(this.#pool.values(), (node, isDown) => {
      const cause = isDown ? 'node-down' : 'node-recovered';
      rotationChanged = this.#membership.rotate(cause, this.clock.now()) || rotationChanged;
      if (isDown) return this.#rereplications?.lost(node.id);
      this.#hints.deliver(node);
      this.#rereplications?.returned(node.id);
    });
    if (rotationChanged) this.#history.refresh().catch(() => undefined);
    this.#changed();
  }

  #moved(node: Node): void {
    if (this.#ended || !this.#pool.renew(node)) return;
    this.#replaced(node.id);
    this.#changed();
  }

  /** A new machine has this name; other clients may act on a view without it. */
  #replaced(id: string): void {
    this.#membership.replaced(id, this.clock.now());
    this.#rereplications?.returned(id);
    this.#interrupted();
  }

  /**
   * The node may have refused other clients, and they may have written to other nodes by a view without it. They
   * published that view first, so the history has it.
   */
  #interrupted(): void {
    if (!this.#ended) this.#history.distrust();
  }

  #changed(): void {
    if (!this.#ended) this.#notices.publishChanges(this.clock.now());
    this.#rereplications?.viewChanged();
    this.#finisher?.startIfNeeded();
    // A listener may remove itself during this loop.
    for (const listener of Array.from(this.#listeners)) listener();
  }
}
