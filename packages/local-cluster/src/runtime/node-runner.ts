import type { Runtime } from '../local-cluster.ts';

/** Where a node listens, on the loopback interface. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A way of running memcached. Starts nodes and ends the remaining ones when closed. */
export interface NodeRunner {
  readonly runtime: Runtime;
  /**
   * Starts an empty node at `address`; resolves when it answers. Rejects with `SESS_PORT_IN_USE` if another server
   * listens there, otherwise with `SESS_START_FAILED`.
   *
   * @param onDeath - called once if the node ends without `kill`, if the runtime can detect it
   */
  start(address: NodeAddress, onDeath: () => void): Promise<RunningNode>;
  /** Ends all running nodes and releases the runner's resources. Idempotent. */
  close(): Promise<void>;
}

/** A running node. Each method resolves when its effect can be observed. */
export interface RunningNode {
  /** Ends the node at once, paused or not: its connections close, its items are gone, its port is free. Idempotent. */
  kill(): Promise<void>;
  /** Freezes the node: connections stay open, the kernel accepts new ones, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}
