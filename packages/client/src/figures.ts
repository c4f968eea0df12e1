/** The figures of a client and its nodes, for collectors (`sess:client:collect`). */
import type { Handover } from './contract.ts';
import type { BreakerState } from './node/breaker.ts';

export interface ClientFigures {
  readonly nodes: readonly NodeFigures[];
  readonly handovers: readonly Handover[];
  /**
   * Fingerprint of the placement: nodes and weights in rotation, distribution and copies. Two values in one fleet are a
   * fault. 12 hexadecimal digits; `undefined` before the first topology.
   */
  readonly ring: string | undefined;
  /** Tombstones that wait for nodes out of reach. */
  readonly hints: number;
  /** Asks every node for its counters, for at most 1.5 seconds. By node id; omits nodes that don't report them. */
  counters(): Promise<ReadonlyMap<string, NodeCounts>>;
}

export interface NodeFigures {
  readonly id: string;
  /** The node's host name, or the path of its Unix socket. */
  readonly serverAddress: string;
  /** `undefined` for a Unix socket. */
  readonly serverPort: number | undefined;
  readonly peerAddress: string | undefined;
  readonly state: BreakerState;
  readonly drain: 'draining' | 'drained' | undefined;
  /** Requests that wait for a reply. */
  readonly pending: number;
}

/** memcached's counters since its start, and its current contents. */
export interface NodeCounts {
  readonly bytes: number;
  readonly limitBytes: number;
  readonly items: number;
  readonly connections: number;
  readonly evictions: number;
}
