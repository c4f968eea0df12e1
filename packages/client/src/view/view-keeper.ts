import type { Discovery, Topology, Watch } from '@sess/discovery';

import type { CancelTimer, Clock } from '../clock.ts';
import { discoveryErrorChannel, topologyChannel } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import { Node, type NodeSetup } from '../node/node.ts';
import { changeOf, faultOf, samePlace, targetOf } from './change.ts';
import { View, type DistributionFactory } from './view.ts';

/** A failure asks discovery to look again, at most this often. */
const LOOK_AGAIN_MS = 1_000;

export interface ViewKeeperSetup {
  readonly discovery: Discovery;
  readonly distribution: DistributionFactory;
  readonly clock: Clock;
  /** How long requests may take to finish on a node that left, in milliseconds. */
  readonly graceMs: number;
  /** What nodes are made with. */
  readonly node: Omit<NodeSetup, 'onTrouble' | 'onStateChange'>;
}

/**
 * Turns what discovery reports into views, and owns the nodes.
 *
 * A node that keeps its name and address keeps its connection and its health from view to view. One that left, or has another address, is
 * retired: what it was asked may still finish, and nothing new goes to it.
 */
export class ViewKeeper {
  readonly #setup: ViewKeeperSetup;
  readonly #nodeSetup: NodeSetup;
  readonly #watch: Watch;
  readonly #listeners = new Set<() => void>();
  readonly #retiring = new Set<Node>();
  #view: View | undefined;
  #lastError: Error | undefined;
  #lookedAgainAt = -Infinity;
  #cancelRetry: CancelTimer | undefined;
  #ended = false;

  constructor(setup: ViewKeeperSetup) {
    this.#setup = setup;
    this.#nodeSetup = { ...setup.node, onTrouble: () => this.#lookAgain(), onStateChange: () => this.#changed() };
    this.#watch = setup.discovery.watch({
      topology: (topology) => this.#use(topology),
      error: (error) => this.#discoveryFailed(error),
    });
    // Its failure comes through the listener as well.
    this.#watch.ready().catch(() => undefined);
  }

  /** The view in use; `undefined` until discovery reported the first topology. */
  get view(): View | undefined {
    return this.#view;
  }

  /** Why discovery's last look failed; `undefined` when it did not. */
  get lastDiscoveryError(): Error | undefined {
    return this.#lastError;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Calls `listener` whenever the view or a node's state changed, and at the end; what it returns takes it off. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops following, and lets requests finish, at most `graceMs`. Twice does no harm. */
  async close(graceMs: number): Promise<void> {
    this.#end();
    await Promise.all(this.#allNodes().map((node) => node.close(graceMs)));
  }

  /** Stops following, and rejects requests under way with `SESS_CLOSED`. Twice does no harm. */
  destroy(): void {
    this.#end();
    for (const node of this.#allNodes()) node.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelRetry?.();
    this.#watch.close();
    this.#changed();
    this.#listeners.clear();
  }

  #allNodes(): Node[] {
    return [...(this.#view?.nodes.values() ?? []), ...this.#retiring];
  }

  #use(topology: Topology): void {
    if (this.#ended) return;
    const fault = faultOf(topology);
    if (fault !== undefined) {
      this.#discoveryFailed(
        new SessClientError('SESS_PROTOCOL', `Discovery reported a topology that can't be used: ${fault}. The last one stays in use.`),
      );
      return;
    }
    const before = this.#view?.nodes ?? new Map<string, Node>();
    const nodes = this.#nodesOf(topology, before);
    const view = this.#viewOf(topology, nodes);
    if (view === undefined) {
      for (const node of nodes.values()) if (before.get(node.id) !== node) node.destroy();
      return;
    }
    this.#cancelRetry?.();
    this.#lastError = undefined;
    this.#view = view;
    this.#tell(topology, before);
    for (const node of before.values()) if (nodes.get(node.id) !== node) this.#retire(node);
    this.#changed();
  }

  #nodesOf(topology: Topology, before: ReadonlyMap<string, Node>): Map<string, Node> {
    const nodes = new Map<string, Node>();
    for (const named of topology.nodes) {
      const target = targetOf(named);
      const known = before.get(target.id);
      nodes.set(target.id, known !== undefined && samePlace(known.target, target) ? known : new Node(target, this.#nodeSetup));
    }
    return nodes;
  }

  /** The distribution is a parameter, too: it may refuse a list. */
  #viewOf(topology: Topology, nodes: ReadonlyMap<string, Node>): View | undefined {
    try {
      return new View(topology, nodes, this.#setup.distribution, this.#setup.clock.now(), 'discovery');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#discoveryFailed(
        new SessClientError('SESS_BAD_OPTION', `The distribution refused a topology: ${reason} The last one stays in use.`, { cause }),
      );
      return undefined;
    }
  }

  #retire(node: Node): void {
    this.#retiring.add(node);
    node.retire(this.#setup.graceMs).then(
      () => this.#retiring.delete(node),
      () => this.#retiring.delete(node),
    );
  }

  #tell(topology: Topology, before: ReadonlyMap<string, Node>): void {
    if (!topologyChannel.hasSubscribers) return;
    const change = changeOf(
      [...before.values()].map(({ target }) => target),
      topology.nodes.map(targetOf),
    );
    topologyChannel.publish({ version: topology.version, nodes: topology.nodes.map(({ id }) => id), ...change });
  }

  #discoveryFailed(error: Error): void {
    if (this.#ended) return;
    this.#lastError = error;
    if (discoveryErrorChannel.hasSubscribers) discoveryErrorChannel.publish({ error });
    if (this.#view === undefined) this.#retrySoon();
    this.#changed();
  }

  /** Without any topology nothing works: don't wait for discovery's next regular look. */
  #retrySoon(): void {
    const { clock, node } = this.#setup;
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(LOOK_AGAIN_MS * (1 + node.random() / 2), () => this.#lookAgain());
  }

  #lookAgain(): void {
    const now = this.#setup.clock.elapsed();
    if (this.#ended || now - this.#lookedAgainAt < LOOK_AGAIN_MS) return;
    this.#lookedAgainAt = now;
    // What comes of it, the listener hears.
    this.#watch.refresh().catch(() => undefined);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
