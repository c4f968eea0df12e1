import { ClusterNode } from './cluster-node.ts';
import { startConfigurationEndpoint, type ConfigurationEndpoint } from './configuration/configuration-endpoint.ts';
import type { ConfigurationListing } from './configuration/configuration-listing.ts';
import { LocalClusterError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import type { LocalCluster, LocalNode, Runtime } from './local-cluster.ts';
import { MAX_NODES, resolveOptions, type LocalClusterOptions, type ResolvedOptions } from './options.ts';
import { chooseRunner } from './runtime/choose-runner.ts';
import { onFreePort } from './runtime/node-port.ts';
import type { NodeRunner } from './runtime/node-runner.ts';

/** Nodes that start concurrently. */
const STARTING_AT_ONCE = 8;

/**
 * Starts memcached nodes and a configuration endpoint on `127.0.0.1`; resolves when all of them answer.
 *
 * Everything ends with {@link LocalCluster.close}, or at the latest with this process.
 *
 * @throws LocalClusterError `SESS_BAD_OPTION`, `SESS_NO_RUNTIME`, `SESS_PORT_IN_USE` (the configuration port),
 *   `SESS_START_FAILED`
 */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const resolved = resolveOptions(options);
  const cluster = new RunningCluster();
  try {
    await cluster.start(resolved);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

class RunningCluster implements LocalCluster {
  readonly #nodes: ClusterNode[] = [];
  #runner: NodeRunner | undefined;
  #endpoint: ConfigurationEndpoint | undefined;
  #runtimeReason = '';
  #secure = false;
  #version = 1;
  /** Operations on the list and on nodes run one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  async start(options: ResolvedOptions): Promise<void> {
    this.#secure = options.node.tls !== undefined;
    // Checks the port before slow work starts; the endpoint itself opens last, because no client must see an empty
    // list.
    if (options.configurationPort !== 0) await (await this.#openEndpoint(options)).close();
    const { runner, reason } = await chooseRunner(options, () => this.#listing());
    this.#runner = runner;
    this.#runtimeReason = reason;
    this.#nodes.push(...(await inParallel(options.nodes, STARTING_AT_ONCE, () => this.#startNode(runner, undefined))));
    this.#endpoint = await this.#openEndpoint(options);
  }

  get runtime(): Runtime {
    return this.#runner?.runtime ?? 'embedded';
  }

  get runtimeReason(): string {
    return this.#runtimeReason;
  }

  get configurationEndpoint(): string {
    return `${this.#endpoint?.host}:${this.#endpoint?.port}`;
  }

  get url(): string {
    return `${this.#secure ? 'elasticaches' : 'elasticache'}://${this.configurationEndpoint}`;
  }

  get configurationVersion(): number {
    return this.#version;
  }

  get nodes(): readonly LocalNode[] {
    return this.#nodes.map((node) => node.describe());
  }

  addNode({ weight }: { readonly weight?: number } = {}): Promise<LocalNode> {
    return this.#inTurn(async (runner) => {
      if (weight !== undefined && !(weight > 0 && Number.isFinite(weight))) {
        throw new LocalClusterError('SESS_BAD_OPTION', `weight: expected a number above 0, got ${String(weight)}`);
      }
      if (this.#nodes.length >= MAX_NODES) {
        throw new LocalClusterError(
          'SESS_TOO_MANY_NODES',
          `the cluster has ${MAX_NODES} nodes, the most it may have; remove one first`,
        );
      }
      const node = await this.#startNode(runner, weight);
      this.#nodes.push(node);
      this.#version++;
      return node.describe();
    });
  }

  removeNode(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const node = this.#node(id);
      if (this.#nodes.length === 1) {
        throw new LocalClusterError(
          'SESS_LAST_NODE',
          `node ${id} is the last one and can't be removed; add another first, or close the cluster`,
        );
      }
      this.#nodes.splice(this.#nodes.indexOf(node), 1);
      this.#version++;
      await node.kill();
    });
  }

  crashNode(id: string): Promise<void> {
    return this.#inTurn(() => this.#node(id).kill());
  }

  restartNode(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const node = this.#node(id);
      await node.kill();
      await node.start();
    });
  }

  pauseNode(id: string): Promise<void> {
    return this.#inTurn(() => this.#node(id).pause());
  }

  resumeNode(id: string): Promise<void> {
    return this.#inTurn(() => this.#node(id).resume());
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openEndpoint({
    configurationPort: port,
    node: { tls, credentials },
  }: ResolvedOptions): Promise<ConfigurationEndpoint> {
    return startConfigurationEndpoint({ listing: () => this.#listing(), port, tls, credentials });
  }

  async #end(): Promise<void> {
    await this.#last;
    // A node that can't be killed must not keep the others alive; the runner tries again, and reports the failure.
    await Promise.allSettled(this.#nodes.map((node) => node.kill()));
    await Promise.all([this.#endpoint?.close(), this.#runner?.close()]);
  }

  /** Starts a node on a port that no listed node has, not even one that is down. */
  #startNode(runner: NodeRunner, weight: number | undefined): Promise<ClusterNode> {
    return onFreePort(async (port) => {
      if (this.#nodes.some((other) => other.port === port))
        throw new LocalClusterError('SESS_PORT_IN_USE', `a listed node has port ${port}`);
      const node = new ClusterNode(runner, { host: '127.0.0.1', port }, weight);
      await node.start();
      return node;
    });
  }

  #listing(): ConfigurationListing {
    return {
      version: this.#version,
      nodes: this.#nodes.map(({ host, port }) => ({ host, address: host, port })),
    };
  }

  #node(id: string): ClusterNode {
    const found = this.#nodes.find((node) => node.id === id);
    if (found) return found;
    const known = this.#nodes.map((node) => node.id).join(', ');
    throw new LocalClusterError('SESS_UNKNOWN_NODE', `no node ${JSON.stringify(id)}; the cluster has ${known}`);
  }

  #inTurn<T>(operation: (runner: NodeRunner) => Promise<T>): Promise<T> {
    const runner = this.#runner;
    if (this.#closing || !runner)
      return Promise.reject(
        new LocalClusterError('SESS_CLOSED', 'the cluster was closed; start another with startLocalCluster'),
      );
    const turn = this.#last.then(() => operation(runner));
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
