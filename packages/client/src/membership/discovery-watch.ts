/**
 * Watches discovery and keeps the last usable topology. Refreshes discovery when a node fails, because the node may
 * have been replaced, and when the history names a new node, because another client's list is newer.
 */
import type { ClusterNode, Discovery, Topology, Watch } from '@sess/discovery';

import type { Clock } from '../clock.ts';
import { discoveryErrorChannel } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import { checkTopology } from './change.ts';
import { withZones } from './zones.ts';

/** Least time between two refreshes. */
const REFRESH_PAUSE_MS = 1_000;

export interface DiscoveryWatchSetup {
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly zoneOf: ((node: ClusterNode) => string | undefined) | undefined;
  /**
   * Uses a topology from now on. Returns whether the rotation changed. Throws if the topology can't be used, without
   * changing anything.
   */
  readonly use: (topology: Topology) => boolean;
  /** Called when a topology is in use. */
  readonly onTopology: (topology: Topology, rotationChanged: boolean) => void;
  readonly onError: () => void;
}

export class DiscoveryWatch {
  readonly #setup: DiscoveryWatchSetup;
  #watch: Watch | undefined;
  #topology: Topology | undefined;
  #lastError: Error | undefined;
  #refreshedAt = -Infinity;
  #named: ReadonlySet<string> = new Set();
  #ended = false;

  constructor(setup: DiscoveryWatchSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#watch = this.#setup.discovery.watch({
      topology: (topology) => this.#use(topology),
      error: (error) => this.#failed(error),
    });
    // The listener gets this failure as well.
    this.#watch.ready().catch(() => undefined);
  }

  /** The topology in use. */
  get topology(): Topology | undefined {
    return this.#topology;
  }

  /** Why discovery failed last; `undefined` if it succeeded since. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  refresh(): void {
    const now = this.#setup.clock.elapsed();
    if (this.#ended || now - this.#refreshedAt < REFRESH_PAUSE_MS) return;
    this.#refreshedAt = now;
    // The listener gets the outcome.
    this.#watch?.refresh().catch(() => undefined);
  }

  /**
   * Refreshes if one of `ids`, the nodes that open views name, is new and not listed: discovery may know its address,
   * which the history does not have.
   */
  named(ids: ReadonlySet<string>, listed: ReadonlySet<string>): void {
    const before = this.#named;
    this.#named = ids;
    if ([...ids].some((id) => !before.has(id) && !listed.has(id))) this.refresh();
  }

  close(): void {
    this.#ended = true;
    this.#watch?.close();
  }

  #use(listed: Topology): void {
    if (this.#ended) return;
    let topology: Topology;
    let rotationChanged: boolean;
    try {
      // Discovery and distribution are the user's: treat their results as input.
      checkTopology(listed);
      topology = withZones(listed, this.#setup.zoneOf);
      rotationChanged = this.#setup.use(topology);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#failed(new SessClientError('SESS_BAD_OPTION', `A list of nodes can't be used: ${reason}`, { cause }));
      return;
    }
    this.#lastError = undefined;
    this.#topology = topology;
    this.#setup.onTopology(topology, rotationChanged);
  }

  #failed(error: Error): void {
    if (this.#ended) return;
    this.#lastError = error;
    if (discoveryErrorChannel.hasSubscribers) discoveryErrorChannel.publish({ error });
    this.#setup.onError();
  }
}
