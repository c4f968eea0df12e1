/** The client's options that concern views and nodes. */
import type { ClusterNode, Discovery } from '@sess/discovery';

import type { SteadyClock } from './steady-clock.ts';
import type { NodeSetup } from './node/node.ts';
import type { VersionSource } from './version.ts';
import type { DistributionFactory } from './membership/view.ts';

export interface ClusterSetup {
  readonly discovery: Discovery;
  readonly distribution: DistributionFactory;
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly versions: VersionSource;
  /** Time for pending requests on a node that left, in milliseconds. */
  readonly shutdownTimeoutMs: number;
  readonly copies: number;
  readonly hedgedReads: boolean;
  readonly zoneOf: ((node: ClusterNode) => string | undefined) | undefined;
  readonly nearZone: string | undefined;
  /** Whether the client only observes: it writes nothing to the nodes. */
  readonly observe: boolean;
  readonly windowSeconds: number;
  /** Whether this client finishes handovers before their windows end, at `keysPerSecond` per node at most. */
  readonly finish: boolean;
  readonly keysPerSecond: number;
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
  /** The name under which clients share the history. */
  readonly namespace: string;
  /** The current secret first, then those being replaced. */
  readonly historySecrets: readonly string[];
  /** Settings of each node. */
  readonly node: Omit<NodeSetup, 'fenceKeys' | 'onTrouble' | 'onStateChange' | 'onInterruption' | 'onMoved'>;
}
