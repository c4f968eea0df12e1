import type { LocalCluster, LocalNode } from '@sess/local-cluster';
import { readStats, type NodeStats } from './node-stats.ts';

/** Milliseconds between two polls: short, because a crashed node loses what it counted since the last one. */
const LOOK_EVERY_MS = 200;
/** Timeout of a poll, after which a hanging node is skipped. Longer than the delays of a busy machine. */
const STATS_TIMEOUT_MS = 2_000;

/** Counts the commands of a cluster's nodes across restarts: a restarted node counts from 0. */
export class NodeMeter {
  readonly #cluster: LocalCluster;
  readonly #last = new Map<string, NodeStats>();
  #commands = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
  }

  /** Polls until {@link stop}. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#lookAtAll(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Commands that all nodes have served so far, including removed nodes. */
  get commands(): number {
    return this.#commands;
  }

  /** Items on each listed node, as last seen. */
  get items(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#cluster.nodes.map(({ id }) => [id, this.#last.get(id)?.items ?? 0]));
  }

  /** Polls all nodes now. Never rejects: a node that does not answer is counted at the next poll. */
  async look(): Promise<void> {
    // A poll that began before would miss the latest commands.
    await this.#looking;
    await this.#lookAtAll();
  }

  /** Polls all nodes, or joins a poll in progress. */
  async #lookAtAll(): Promise<void> {
    this.#looking ??= this.#askAll();
    await this.#looking;
  }

  async #askAll(): Promise<void> {
    await Promise.all(this.#cluster.nodes.map((node) => this.#lookAt(node)));
    this.#looking = undefined;
  }

  async #lookAt(node: LocalNode): Promise<void> {
    if (node.state === 'crashed') this.#last.delete(node.id);
    if (node.state !== 'running') return;
    const stats = await readStats(node, STATS_TIMEOUT_MS).catch(() => undefined);
    if (stats === undefined) return;
    const before = this.#last.get(node.id);
    this.#commands +=
      before !== undefined && isSameLife(before, stats) ? stats.commands - before.commands : stats.commands;
    this.#last.set(node.id, stats);
  }
}

/** Whether the node has not restarted in between. */
function isSameLife(before: NodeStats, now: NodeStats): boolean {
  return now.pid === before.pid && now.uptime >= before.uptime && now.commands >= before.commands;
}
