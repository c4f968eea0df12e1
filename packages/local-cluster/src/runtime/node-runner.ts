import type { Runtime } from '../local-cluster.ts';

/** Where a node listens: an address of this machine's loopback interface. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** One way of running memcached. It starts nodes and, when closed, ends whatever of them is left. */
export interface NodeRunner {
  readonly runtime: Runtime;
  /**
   * Starts an empty node at `address`; resolves when it answers. Rejects with `SESS_PORT_IN_USE` when something
   * else listens there, and with `SESS_START_FAILED` for every other reason.
   *
   * @param onDeath - called once when the node ends without having been killed, where the runtime can tell
   */
  start(address: NodeAddress, onDeath: () => void): Promise<RunningNode>;
  /** Ends every node that still runs, and what the runner itself holds. Twice does no harm. */
  close(): Promise<void>;
}

/** A node that runs. Each method resolves when its effect can be observed. */
export interface RunningNode {
  /**
   * Ends it at once, paused or not: its connections break, its items are gone, its port is free. Twice does no harm.
   */
  kill(): Promise<void>;
  /** Freezes it: connections stay, new ones are accepted by the kernel, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}
