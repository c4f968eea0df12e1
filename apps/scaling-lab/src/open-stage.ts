import { randomBytes } from 'node:crypto';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { AppFleet } from './app-fleet.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { Cleanup } from './cleanup.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { Stage } from './stage.ts';
import { STRATEGIES } from './strategies.ts';

/** Milliseconds between two looks of an app process at the endpoint: shorter than in production (a minute), so that the lab need not wait. */
const POLL_INTERVAL_MS = 250;

/** Who closes what the stage opens, and who says that it is over. */
export interface Ownership {
  readonly children: ChildProcesses;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

export interface OpenStage extends Stage {
  /** Signs the cookies of this run. */
  readonly secret: string;
}

/** Starts the cluster and the apps of every strategy. What was opened is closed by `cleanup`, also when this rejects half-way. */
export async function openStage(options: LabOptions, { children, cleanup, signal }: Ownership, progress: Progress): Promise<OpenStage> {
  progress.begin('start', `${options.nodes} memcached nodes`);
  const cluster = await openCluster(options, cleanup);
  signal.throwIfAborted();
  progress.note(`runtime: ${cluster.runtime} (${cluster.runtimeReason})`);

  progress.begin('start', `${options.strategies.length * options.apps * 2} app processes`);
  const secret = randomBytes(32).toString('base64url');
  const starts = options.strategies.map(async (name) => {
    const fleet = await AppFleet.start({
      strategy: STRATEGIES[name],
      apps: options.apps,
      firstPort: options.serve ? options.port : 0,
      config: { endpoint: cluster.configurationEndpoint, secret, transport: options.transport, pollIntervalMs: POLL_INTERVAL_MS },
      children,
    });
    cleanup.add(() => fleet.close());
    return fleet;
  });
  // All have settled before anything is closed.
  const settled = await Promise.allSettled(starts);
  signal.throwIfAborted();
  const failed = settled.find((start) => start.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const fleets = await Promise.all(starts);
  return { cluster, fleets, signal, secret };
}

async function openCluster({ nodes, runtime }: LabOptions, cleanup: Cleanup): Promise<LocalCluster> {
  const cluster = await startLocalCluster({ nodes, runtime });
  cleanup.add(() => cluster.close());
  return cluster;
}
