import type { LocalCluster, LocalNode } from '@sess/local-cluster';
import { readStats, type NodeStats } from './node-stats.ts';

/** Milliseconds between two looks: short, since what a node counted since the last one is gone with it. */
const LOOK_EVERY_MS = 200;
/** A node that hangs is left out. Longer than a busy machine makes one that does not hang. */
const STATS_TIMEOUT_MS = 2_000;

/** Counts what the nodes of a cluster are asked for, over their lives: a node that restarts begins at 0. */
export class NodeMeter {
  readonly #cluster: LocalCluster;
  readonly #last = new Map<string, NodeStats>();
  #commands = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
  }

  /** Looks again and again until {@link stop}. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#lookAtAll(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Commands that all nodes have served so far, those that are gone included. */
  get commands(): number {
    return this.#commands;
  }

  /** Items on each listed node, as last seen. */
  get items(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#cluster.nodes.map(({ id }) => [id, this.#last.get(id)?.items ?? 0]));
  }

  /** Asks all nodes now. Never rejects: what does not answer is counted the next time. */
  async look(): Promise<void> {
    // One that began before would not see what happened since.
    await this.#looking;
    await this.#lookAtAll();
  }

  /** Does nothing but wait while a look is under way. */
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
