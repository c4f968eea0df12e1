import type { ConfigurationListing } from '../configuration/configuration-listing.ts';
import type { NodeRunner } from '../runtime/node-runner.ts';
import { onFreePort } from '../runtime/node-port.ts';
import { invalidState } from './api/aws-error.ts';
import { AWS_SECONDS, type AwsTime } from './aws-time.ts';
import { CacheNode } from './cache-node.ts';
import type { ResolvedElastiCacheOptions } from './elasticache-options.ts';
import type { EventLog } from './event-log.ts';

/** A requested change that is not complete: `PendingModifiedValues`. */
export interface PendingChange {
  readonly nodeCount?: number;
  readonly removedIds?: readonly string[];
  readonly nodeType?: string;
  readonly scaleConfig?: ScaleConfig;
}

/** Pace of vertical scaling: the percentage of the nodes in each batch, and the minutes between batches. */
export interface ScaleConfig {
  readonly percentage: number;
  readonly intervalMinutes: number;
}

export const DEFAULT_SCALE_CONFIG: ScaleConfig = { percentage: 20, intervalMinutes: 5 };

/** The nodes of the cluster, and the changes that AWS makes to them, one at a time. */
export class CacheCluster {
  readonly id: string;
  readonly createdAt: Date = new Date();
  readonly events: EventLog;
  readonly #options: ResolvedElastiCacheOptions;
  readonly #time: AwsTime;
  #runner: NodeRunner | undefined;
  #port = 0;
  #nodes: CacheNode[] = [];
  #lastNumber = 0;
  #version = 1;
  #status: 'available' | 'modifying' | 'rebooting cluster nodes' = 'available';
  #pending: PendingChange = {};
  #nodeType: string;
  /** The change in progress; settled if there is none. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ResolvedElastiCacheOptions, time: AwsTime, events: EventLog) {
    this.id = options.clusterId;
    this.#options = options;
    this.#nodeType = options.cacheNodeType;
    this.#time = time;
    this.events = events;
  }

  async start(runner: NodeRunner): Promise<void> {
    this.#runner = runner;
    const [first, ...others] = Array.from({ length: this.#options.cluster.nodes }, () => this.#nextPlace());
    if (first === undefined) return;
    const node = await onFreePort(async (port) => {
      const made = new CacheNode(runner, { ...first, port });
      await made.start();
      return made;
    });
    this.#port = node.port;
    this.#nodes.push(node, ...others.map((place) => new CacheNode(runner, { ...place, port: this.#port })));
    await Promise.all(this.#nodes.slice(1).map((other) => other.start()));
    for (const started of this.#nodes) started.status = 'available';
    this.events.add('Cache cluster created');
  }

  get status(): string {
    return this.#status;
  }

  get engineVersion(): string {
    return this.#options.engineVersion;
  }

  get nodeType(): string {
    return this.#nodeType;
  }

  get pending(): PendingChange {
    return this.#pending;
  }

  /** Version of the list of nodes. A replacement does not change it. */
  get version(): number {
    return this.#version;
  }

  /** All nodes, in the order of the list. Includes nodes that are being created, which the list does not have yet. */
  get nodes(): readonly CacheNode[] {
    return this.#nodes;
  }

  get listing(): ConfigurationListing {
    return {
      version: this.#version,
      nodes: this.#nodes
        .filter(({ status }) => status !== 'creating')
        .map(({ name, address = '', port }) => ({ host: name, address, port })),
    };
  }

  /** Resolves when no change is in progress. */
  async settled(): Promise<void> {
    for (let work = this.#work; ; work = this.#work) {
      await work;
      if (work === this.#work) return;
    }
  }

  /** Keeps a change for the maintenance window. The stand-in has none: the next immediate change applies it. */
  postpone(change: PendingChange): void {
    this.#pending = { ...this.#pending, ...change };
  }

  /** @throws AwsError if another change is in progress */
  addNodes(count: number, zones: readonly string[] = []): void {
    const total = this.#nodes.length + count;
    this.#change('modifying', { nodeCount: total }, async () => {
      const added = Array.from({ length: count }, (_, index) => this.#addNode(zones[index]));
      await Promise.all(added.map((node) => node.start()));
      await this.#time.pass(AWS_SECONDS.addNode);
      for (const node of added) {
        node.status = 'available';
        this.events.add(`Added cache node ${node.id} in availability zone ${node.zone}`);
      }
      this.#version += 1;
      this.events.add(`Finished modifying number of nodes from ${total - count} to ${total}`);
    });
  }

  /** Removes nodes, one after another. Each is killed while it is still listed. @throws AwsError */
  removeNodes(ids: readonly string[]): void {
    const total = this.#nodes.length;
    this.#change('modifying', { nodeCount: total - ids.length, removedIds: ids }, async () => {
      for (const node of this.#named(ids)) node.status = 'deleting';
      for (const node of this.#named(ids)) {
        await node.kill();
        await this.#time.pass(AWS_SECONDS.listedAfterDeath);
        this.#nodes = this.#nodes.filter((other) => other !== node);
        this.#version += 1;
        this.events.add(`Removed cache node ${node.id}`);
      }
      this.events.add(`Finished modifying number of nodes from ${total} to ${total - ids.length}`);
    });
  }

  /** Replaces all nodes, in batches. @throws AwsError */
  changeNodeType(nodeType: string, scaleConfig: ScaleConfig): void {
    this.#change('modifying', { nodeType, scaleConfig }, async () => {
      const batchSize = Math.ceil((this.#nodes.length * scaleConfig.percentage) / 100);
      for (let begun = 0; begun < this.#nodes.length; begun += batchSize) {
        if (begun > 0) await this.#time.pass(60 * scaleConfig.intervalMinutes);
        await Promise.all(this.#nodes.slice(begun, begun + batchSize).map((node) => this.#replace(node)));
      }
      this.#nodeType = nodeType;
      this.events.add(`Succeeded applying modification to node type to ${nodeType}.`);
    });
  }

  /** Replaces nodes concurrently: each starts again, empty, at another address. @throws AwsError */
  replaceNodes(ids: readonly string[]): void {
    const nodes = this.#named(ids);
    this.#change('modifying', {}, async () => {
      this.events.add(`Recovering cache nodes ${ids.join(', ')}`);
      await Promise.all(nodes.map((node) => this.#replace(node)));
      this.events.add(`Finished recovery for cache nodes ${ids.join(', ')}`);
    });
  }

  /** Restarts nodes concurrently: each is empty, at the same address. @throws AwsError */
  rebootNodes(ids: readonly string[]): void {
    const nodes = this.#named(ids);
    this.#change('rebooting cluster nodes', {}, async () => {
      await Promise.all(
        nodes.map(async (node) => {
          node.status = 'rebooting';
          await node.kill();
          this.events.add(`Cache node ${node.id} shutdown`);
          await this.#time.pass(AWS_SECONDS.rebootNode);
          await node.restart();
          node.status = 'available';
          this.events.add(`Cache node ${node.id} restarted`);
        }),
      );
    });
  }

  /** Whether the cluster has a node with this id. */
  has(id: string): boolean {
    return this.#nodes.some((node) => node.id === id);
  }

  async close(): Promise<void> {
    await this.#work;
    await Promise.allSettled(this.#nodes.map((node) => node.kill()));
  }

  #change(status: 'modifying' | 'rebooting cluster nodes', pending: PendingChange, work: () => Promise<void>): void {
    if (this.#status !== 'available') throw invalidState(this.id);
    this.#status = status;
    this.#pending = pending;
    this.#work = work()
      .catch((error: unknown) => {
        this.events.add(`The change failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.#status = 'available';
        this.#pending = {};
      });
  }

  async #replace(node: CacheNode): Promise<void> {
    node.status = 'replacing';
    await node.kill();
    await this.#time.pass(AWS_SECONDS.replaceNode);
    await node.start();
    node.status = 'available';
  }

  #addNode(zone: string | undefined): CacheNode {
    const place = this.#nextPlace(zone);
    const node = new CacheNode(this.#started, { ...place, port: this.#port });
    this.#nodes.push(node);
    return node;
  }

  get #started(): NodeRunner {
    if (this.#runner === undefined) throw new Error('The cluster was not started.');
    return this.#runner;
  }

  /** Never reuses a number, so that a name always means the same node. */
  #nextPlace(zone?: string): { readonly id: string; readonly name: string; readonly zone: string } {
    const { zones } = this.#options;
    const index = this.#lastNumber;
    this.#lastNumber += 1;
    const id = String(this.#lastNumber).padStart(4, '0');
    return { id, name: `${this.id}.${id}.local.cache.test`, zone: zone ?? zones[index % zones.length] ?? '' };
  }

  /** The nodes with these ids, in the order of `ids`. */
  #named(ids: readonly string[]): readonly CacheNode[] {
    return ids.flatMap((id) => this.#nodes.find((node) => node.id === id) ?? []);
  }
}
