/** What a client says of itself and of its nodes to who collects figures (`sess:client:collect`). */
import type { Handover } from './contract.ts';
import type { BreakerState } from './node/breaker.ts';

export interface ClientFigures {
  readonly nodes: readonly NodeFigures[];
  readonly handovers: readonly Handover[];
  /**
   * Equal for clients that place keys alike: the same nodes and weights in rotation, distribution and copies. Two values
   * in one fleet are a fault. 12 hexadecimal digits; `undefined` before the first topology.
   */
  readonly ring: string | undefined;
  /** Deletions that wait for nodes out of reach. */
  readonly hints: number;
  /** Asks every node for its counters, each at most a second and a half: by node id, without those that tell nothing. */
  counters(): Promise<ReadonlyMap<string, NodeCounts>>;
}

export interface NodeFigures {
  readonly id: string;
  /** Its name, or the path of its Unix socket. */
  readonly serverAddress: string;
  /** `undefined` for a Unix socket. */
  readonly serverPort: number | undefined;
  readonly peerAddress: string | undefined;
  readonly state: BreakerState;
  readonly drain: 'draining' | 'drained' | undefined;
  /** Requests without an answer yet. */
  readonly pending: number;
}

/** What memcached counts since it started, and what it holds. */
export interface NodeCounts {
  readonly bytes: number;
  readonly limitBytes: number;
  readonly items: number;
  readonly connections: number;
  readonly evictions: number;
}
