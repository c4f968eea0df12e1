import { startConfigurationEndpoint, type ConfigurationEndpoint } from '../configuration/configuration-endpoint.ts';
import { LocalClusterError } from '../errors.ts';
import type { Runtime } from '../local-cluster.ts';
import { chooseRunner, type ChosenRunner } from '../runtime/choose-runner.ts';
import { startApiServer, type ApiServer } from './api/api-server.ts';
import { AwsError } from './api/aws-error.ts';
import { AutoScaling } from './auto-scaling/auto-scaling.ts';
import { AwsTime } from './aws-time.ts';
import { CacheCluster } from './cache-cluster.ts';
import {
  resolveElastiCacheOptions,
  type LocalElastiCacheOptions,
  type ResolvedElastiCacheOptions,
} from './elasticache-options.ts';
import { EventLog, type CacheEvent } from './event-log.ts';
import type { LocalCacheNode, LocalElastiCache, Refusal } from './local-elasticache.ts';
import { requireLoopbackNetwork } from './loopback-addresses.ts';

export async function runElastiCache(options: LocalElastiCacheOptions): Promise<LocalElastiCache> {
  const resolved = resolveElastiCacheOptions(options);
  await requireLoopbackNetwork();
  const standIn = new RunningElastiCache(resolved);
  try {
    await standIn.start();
  } catch (error) {
    await standIn.close();
    throw error;
  }
  return standIn;
}

class RunningElastiCache implements LocalElastiCache {
  readonly #options: ResolvedElastiCacheOptions;
  readonly #ending = new AbortController();
  readonly #cluster: CacheCluster;
  readonly #autoScaling: AutoScaling;
  /** The errors for future requests, by action. */
  readonly #refusals = new Map<string, Refusal[]>();
  #chosen: ChosenRunner | undefined;
  #endpoint: ConfigurationEndpoint | undefined;
  #api: ApiServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedElastiCacheOptions) {
    this.#options = options;
    const time = new AwsTime(options.timeScale, this.#ending.signal);
    this.#cluster = new CacheCluster(options, time, new EventLog(options.clusterId));
    this.#autoScaling = new AutoScaling(this.#cluster, time);
  }

  async start(): Promise<void> {
    const { cluster, apiPort } = this.#options;
    const { tls, credentials } = cluster.node;
    this.#chosen = await chooseRunner(cluster, () => this.#cluster.listing);
    await this.#cluster.start(this.#chosen.runner);
    this.#endpoint = await startConfigurationEndpoint({
      listing: () => this.#cluster.listing,
      port: cluster.configurationPort,
      tls,
      credentials,
    });
    const { host, port } = this.#endpoint;
    this.#api = await startApiServer({
      port: apiPort,
      cluster: this.#cluster,
      endpoints: () => ({ host, port, isSecure: tls !== undefined }),
      jsonActions: this.#autoScaling.actions,
      before: (action) => this.#refuse(action),
    });
    // It rejects only when the stand-in is closed.
    this.#autoScaling.run().catch(() => undefined);
  }

  get runtime(): Runtime {
    return this.#chosen?.runner.runtime ?? 'embedded';
  }

  get runtimeReason(): string {
    return this.#chosen?.reason ?? '';
  }

  get clusterId(): string {
    return this.#cluster.id;
  }

  get configurationEndpoint(): string {
    return `${this.#endpoint?.host}:${this.#endpoint?.port}`;
  }

  get url(): string {
    const scheme = this.#options.cluster.node.tls === undefined ? 'elasticache' : 'elasticaches';
    return `${scheme}://${this.configurationEndpoint}`;
  }

  get apiEndpoint(): string {
    return `http://127.0.0.1:${this.#api?.port}`;
  }

  get configurationVersion(): number {
    return this.#cluster.version;
  }

  get status(): string {
    return this.#cluster.status;
  }

  get nodes(): readonly LocalCacheNode[] {
    return this.#cluster.nodes.map(({ id, name, port, address, zone, status, state }) => ({
      cacheNodeId: id,
      id: `${name}:${port}`,
      host: name,
      port,
      address,
      zone,
      status,
      state,
    }));
  }

  get events(): readonly CacheEvent[] {
    return [...this.#cluster.events.all];
  }

  putMetric(name: string, value: number, namespace?: string, dimensions: Readonly<Record<string, string>> = {}): void {
    const metric = namespace === undefined ? this.#autoScaling.clusterMetric(name) : { namespace, name, dimensions };
    this.#autoScaling.metrics.put(metric, value);
  }

  announceReplacement(cacheNodeIds: readonly string[]): void {
    this.#known(cacheNodeIds);
    for (const id of cacheNodeIds)
      this.#cluster.events.add(`Cache node ${id} is scheduled for replacement during the next maintenance window`);
  }

  replaceNodes(cacheNodeIds: readonly string[]): void {
    this.#known(cacheNodeIds);
    this.#cluster.replaceNodes(cacheNodeIds);
  }

  async crashNode(cacheNodeId: string): Promise<void> {
    this.#known([cacheNodeId]);
    await this.#cluster.nodes.find(({ id }) => id === cacheNodeId)?.kill();
  }

  refuseNext(action: string, refusal: Refusal): void {
    this.#refusals.set(action, [...(this.#refusals.get(action) ?? []), refusal]);
  }

  settled(): Promise<void> {
    return this.#cluster.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    await this.#api?.close();
    await this.#cluster.close();
    await Promise.all([this.#endpoint?.close(), this.#chosen?.runner.close()]);
  }

  #refuse(action: string): void {
    const refusal = this.#refusals.get(action)?.shift();
    if (refusal === undefined) return;
    throw new AwsError(refusal.code, refusal.message ?? `${action} is refused by request.`, refusal.httpStatus);
  }

  /** @throws LocalClusterError `SESS_UNKNOWN_NODE` */
  #known(cacheNodeIds: readonly string[]): void {
    const unknown = cacheNodeIds.find((id) => !this.#cluster.has(id));
    if (unknown === undefined) return;
    const known = this.#cluster.nodes.map(({ id }) => id).join(', ');
    throw new LocalClusterError('SESS_UNKNOWN_NODE', `no node ${JSON.stringify(unknown)}; the cluster has ${known}`);
  }
}
