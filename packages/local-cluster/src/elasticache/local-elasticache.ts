import type { NodeState, Runtime } from '../local-cluster.ts';
import type { CacheNodeStatus } from './cache-node.ts';
import type { CacheEvent } from './event-log.ts';

export interface LocalCacheNode {
  /** `0001`, `0002`, … */
  readonly cacheNodeId: string;
  /** `name:port`, as clients name the node. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Where it is now; another one after a replacement. */
  readonly address: string | undefined;
  readonly zone: string;
  readonly status: CacheNodeStatus;
  /** Of the memcached behind it. */
  readonly state: NodeState;
}

/** A refusal that an action is to be answered with. */
export interface Refusal {
  /** As SDKs name it: `Throttling`, `InvalidCacheClusterState`. */
  readonly code: string;
  readonly message?: string;
  /** Default 400. */
  readonly httpStatus?: number;
}

/** Memcached nodes on this machine, and the part of AWS's API that changes them. Checks no credentials. */
export interface LocalElastiCache extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Why it is this runtime: one sentence for people. */
  readonly runtimeReason: string;
  readonly clusterId: string;
  /** `127.0.0.1:PORT`; answers `config get cluster`. */
  readonly configurationEndpoint: string;
  /** `elasticache://127.0.0.1:PORT`, or `elasticaches://` when the cluster speaks TLS. */
  readonly url: string;
  /** `http://127.0.0.1:PORT`: the `endpoint` of SDK clients, or `AWS_ENDPOINT_URL`. */
  readonly apiEndpoint: string;
  /** Rises when nodes are listed or go. */
  readonly configurationVersion: number;
  /** `available`, `modifying`, `rebooting cluster nodes`. */
  readonly status: string;
  readonly nodes: readonly LocalCacheNode[];
  /** The newest last. */
  readonly events: readonly CacheEvent[];
  /**
   * As if CloudWatch had measured it: a value of the period that is under way. Without a namespace it is a metric of the
   * cluster: `AWS/ElastiCache`, with the dimension `CacheClusterId`. A policy sees a metric of its own dimensions only.
   */
  putMetric(name: string, value: number, namespace?: string, dimensions?: Readonly<Record<string, string>>): void;
  /** Says in the events that AWS will replace the nodes; {@link replaceNodes} does it. */
  announceReplacement(cacheNodeIds: readonly string[]): void;
  /** Ends nodes and starts them anew, empty, under their names, at other addresses. */
  replaceNodes(cacheNodeIds: readonly string[]): void;
  /** Ends a node as a fault of its machine does; it stays listed. */
  crashNode(cacheNodeId: string): Promise<void>;
  /** The next request for this action is refused. */
  refuseNext(action: string, refusal: Refusal): void;
  /** Resolves when no change is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
