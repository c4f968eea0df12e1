/** How a node is run: in a container, as a memcached process, or inside this process. */
export type Runtime = 'container' | 'memcached' | 'embedded';
/** What a node is doing. A `removed` node has left the list. */
export type NodeState = 'running' | 'paused' | 'crashed';

export interface LocalNode {
  /** `host:port`, as the configuration endpoint lists it; kept over a crash and restart. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: NodeState;
  /** As given to `addNode`; for `staticNodes`, since the configuration protocol has no weights. */
  readonly weight?: number;
}

/**
 * Memcached nodes and a configuration endpoint on this machine. Every method resolves when its effect can be observed.
 */
export interface LocalCluster extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Why it is this runtime: one sentence for people. */
  readonly runtimeReason: string;
  /** `127.0.0.1:PORT`; answers `config get cluster` and `get AmazonElastiCache:cluster`. */
  readonly configurationEndpoint: string;
  /** `elasticache://127.0.0.1:PORT`, or `elasticaches://` when the cluster speaks TLS. */
  readonly url: string;
  /** Rises with every change of the list. */
  readonly configurationVersion: number;
  /** A new array whenever it is read, in the order of addition. */
  readonly nodes: readonly LocalNode[];
  /** Starts a node and lists it. */
  addNode(options?: { readonly weight?: number }): Promise<LocalNode>;
  /** Takes a node off the list, then stops it. */
  removeNode(id: string): Promise<void>;
  /** Kills a node without taking it off the list. Its items are gone. */
  crashNode(id: string): Promise<void>;
  /** Starts a crashed node, or restarts a running one, empty, on the same port. */
  restartNode(id: string): Promise<void>;
  /** Freezes a node: connections stay, nothing answers. */
  pauseNode(id: string): Promise<void>;
  resumeNode(id: string): Promise<void>;
  /** Stops everything that was started. Twice does no harm. */
  close(): Promise<void>;
}
