/** One memcached node, as discovery reports it. */
export interface ClusterNode {
  /** `host:port`: the node's identity on the ring, which survives its replacement. An IPv6 host is in brackets. */
  readonly id: string;
  /** Host name or address that the cluster gives the node. TLS certificates are checked against it. */
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  /** Address to connect to, if discovery knows it; it changes when the node is replaced. */
  readonly address?: string;
  /** Relative share of the key space. Default 1. */
  readonly weight?: number;
  /** Its failure domain, such as an availability zone: see {@link isZone}. */
  readonly zone?: string;
}

/** The list of nodes at one time. Never empty. */
export interface Topology {
  /** The configuration version, if the source has one. */
  readonly version?: number;
  readonly nodes: readonly ClusterNode[];
}

/** Gets every topology that differs from the one before, and the error of every failed look. */
export interface TopologyListener {
  topology(topology: Topology): void;
  /** A look that failed. The last good topology stays in force. */
  error(error: Error): void;
}

/** A source of topologies. It uses no resources until it is watched. */
export interface Discovery {
  watch(listener: TopologyListener): Watch;
}

/** One running observation of a discovery. */
export interface Watch {
  /** The first topology; rejects if the first look found none (the watch continues). */
  ready(): Promise<Topology>;
  /** Looks again now, or joins a running look. Resolves when it is done; rejects if it failed. */
  refresh(): Promise<void>;
  /** Ends timers and sockets. Idempotent. */
  close(): void;
}
