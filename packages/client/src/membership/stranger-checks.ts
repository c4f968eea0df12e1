/** Checks whether clients with another history use a node, before an operation that would harm them. */
import type { ClusterNode } from '../cluster.ts';
import type { Clock } from '../clock.ts';
import type { Node } from '../node/node.ts';
import type { RequestOptions } from '../transport/transport.ts';
import { historySeals, type HistorySeal } from './history-seal.ts';
import { isUsedByStrangers, type StrangersSetup } from './strangers.ts';

/** A view is in use if it was confirmed within this many intervals. */
const INTERVALS_ACTED_ON = 3;
const USUAL_INTERVAL_MS = 10_000;

export interface StrangerChecksSetup {
  /** Throws for a node that this client is not connected to. */
  readonly node: (id: string) => Node;
  /** All nodes that may hold the history of other clients. */
  readonly nodes: () => readonly ClusterNode[];
  readonly clock: Clock;
  readonly intervalMs: number;
  /** The seals of this client. */
  readonly seals: readonly HistorySeal[];
  readonly namespace: string;
}

export class StrangerChecks {
  readonly #setup: StrangerChecksSetup;

  constructor(setup: StrangerChecksSetup) {
    this.#setup = setup;
  }

  /**
   * Whether clients with another history use the node: under a secret that this client does not have, or under none.
   * Lists the node's keys.
   */
  isUsedByStrangers(id: string, options: RequestOptions | undefined): Promise<boolean> {
    const node = this.#setup.node(id);
    return this.#ask(node, node.keys('clients', options), this.#actedOnSince, options);
  }

  /** Whether clients without a secret use the node although this client has one. Does not list keys. */
  isUsedWithoutSecret(id: string, options: RequestOptions | undefined): Promise<boolean> {
    const keys = historySeals([], this.#setup.namespace).map(({ key }) => key);
    return this.#ask(this.#setup.node(id), keys, this.#actedOnSince, options);
  }

  /**
   * Whether records on the node may belong to clients with another history: they use it, or did so recently enough that
   * their records may still live.
   */
  isSharedWithStrangers(id: string, options: RequestOptions | undefined): Promise<boolean> {
    const node = this.#setup.node(id);
    return this.#ask(node, node.keys('clients', options), 'while its records live', options);
  }

  /** A view confirmed since this time may be in use, milliseconds since 1970. */
  get #actedOnSince(): number {
    const { clock, intervalMs } = this.#setup;
    return clock.now() - INTERVALS_ACTED_ON * Math.max(intervalMs, USUAL_INTERVAL_MS);
  }

  #ask(
    node: Node,
    keys: Iterable<string> | AsyncIterable<string>,
    since: StrangersSetup['since'],
    options: RequestOptions | undefined,
  ): Promise<boolean> {
    const { nodes, seals, clock } = this.#setup;
    const others = nodes().filter((other) => other !== node && other.health !== 'down');
    return isUsedByStrangers(node, others, keys, { seals, since, now: clock.now() }, options);
  }
}
