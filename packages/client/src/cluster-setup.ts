/** What a cluster is made with: the client's options, as far as they concern views and nodes. */
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
  /** How long requests may take to finish on a node that left, in milliseconds. */
  readonly shutdownTimeoutMs: number;
  readonly copies: number;
  readonly hedgedReads: boolean;
  readonly zoneOf: ((node: ClusterNode) => string | undefined) | undefined;
  readonly nearZone: string | undefined;
  /** Whether nothing is written to the nodes, and nothing is done for them. */
  readonly observe: boolean;
  readonly windowSeconds: number;
  /**
   * Whether handovers are finished before their windows end, and how many keys of a node are moved a second at most.
   */
  readonly finish: boolean;
  readonly keysPerSecond: number;
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
  /** Under which name the history is kept. */
  readonly namespace: string;
  /** The first in use, and those that are being replaced. */
  readonly historySecrets: readonly string[];
  /** What nodes are made with. */
  readonly node: Omit<NodeSetup, 'fenceKeys' | 'onTrouble' | 'onStateChange' | 'onInterruption'>;
}
