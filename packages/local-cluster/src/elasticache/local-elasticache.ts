import type { NodeState, Runtime } from '../local-cluster.ts';
import type { CacheNodeStatus } from './cache-node.ts';
import type { CacheEvent } from './event-log.ts';

export interface LocalCacheNode {
  /** `0001`, `0002`, … */
  readonly cacheNodeId: string;
  /** `name:port`: the clients' id of the node. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** The current address; a replacement changes it. */
  readonly address: string | undefined;
  readonly zone: string;
  readonly status: CacheNodeStatus;
  /** State of the memcached server behind the node. */
  readonly state: NodeState;
}

/** An error with which to answer an action. */
export interface Refusal {
  /** The code by which SDKs name the error: `Throttling`, `InvalidCacheClusterState`. */
  readonly code: string;
  readonly message?: string;
  /** Default 400. */
  readonly httpStatus?: number;
}

/** Memcached nodes on this machine, and the part of AWS's API that changes them. Checks no credentials. */
export interface LocalElastiCache extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Why this runtime was chosen: one sentence for people. */
  readonly runtimeReason: string;
  readonly clusterId: string;
  /** `127.0.0.1:PORT`; answers `config get cluster`. */
  readonly configurationEndpoint: string;
  /** `elasticache://127.0.0.1:PORT`, or `elasticaches://` with TLS. */
  readonly url: string;
  /** `http://127.0.0.1:PORT`: the `endpoint` of SDK clients, or `AWS_ENDPOINT_URL`. */
  readonly apiEndpoint: string;
  /** Rises when a node is added to or removed from the list. */
  readonly configurationVersion: number;
  /** `available`, `modifying`, `rebooting cluster nodes`. */
  readonly status: string;
  readonly nodes: readonly LocalCacheNode[];
  /** The newest last. */
  readonly events: readonly CacheEvent[];
  /**
   * Adds a value to the current period, as if CloudWatch had measured it. Without a namespace it is a metric of the
   * cluster: `AWS/ElastiCache`, with the dimension `CacheClusterId`. A policy uses only metrics with its own
   * dimensions.
   */
  putMetric(name: string, value: number, namespace?: string, dimensions?: Readonly<Record<string, string>>): void;
  /** Announces in the events that AWS will replace the nodes; {@link replaceNodes} replaces them. */
  announceReplacement(cacheNodeIds: readonly string[]): void;
  /** Kills nodes, and starts them again, empty, with the same names, at other addresses. */
  replaceNodes(cacheNodeIds: readonly string[]): void;
  /** Kills a node, as a failure of its machine does. The node stays listed. */
  crashNode(cacheNodeId: string): Promise<void>;
  /** Answers the next request for this action with an error. */
  refuseNext(action: string, refusal: Refusal): void;
  /** Resolves when no change is in progress. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
