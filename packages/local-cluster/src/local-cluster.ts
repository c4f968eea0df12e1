/** How nodes run: in containers, as memcached processes, or inside this process. */
export type Runtime = 'container' | 'memcached' | 'embedded';
/** The state of a listed node. */
export type NodeState = 'running' | 'paused' | 'crashed';

export interface LocalNode {
  /** `host:port`, as the configuration endpoint lists it; stays the same after a crash and restart. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: NodeState;
  /** The weight given to `addNode`, for `staticNodes`: the configuration protocol has no weights. */
  readonly weight?: number;
}

/**
 * memcached nodes and a configuration endpoint on this machine. Every method resolves when its effect can be observed.
 */
export interface LocalCluster extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Why this runtime was chosen: one sentence for people. */
  readonly runtimeReason: string;
  /** `127.0.0.1:PORT`; answers `config get cluster` and `get AmazonElastiCache:cluster`. */
  readonly configurationEndpoint: string;
  /** `elasticache://127.0.0.1:PORT`, or `elasticaches://` with TLS. */
  readonly url: string;
  /** Rises with every change of the list. */
  readonly configurationVersion: number;
  /** In order of addition; a new array on each access. */
  readonly nodes: readonly LocalNode[];
  /** Starts a node and lists it. */
  addNode(options?: { readonly weight?: number }): Promise<LocalNode>;
  /** Takes a node off the list, then stops it. */
  removeNode(id: string): Promise<void>;
  /** Kills a node without taking it off the list. Its items are gone. */
  crashNode(id: string): Promise<void>;
  /** Starts a crashed node, or restarts a running one, empty, on the same port. */
  restartNode(id: string): Promise<void>;
  /** Freezes a node: connections stay open, nothing answers. */
  pauseNode(id: string): Promise<void>;
  resumeNode(id: string): Promise<void>;
  /** Stops all nodes and the endpoint. Idempotent. */
  close(): Promise<void>;
}
