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

/** Who closes what is opened, and who says that it is over. */
export interface Ownership {
  readonly children: ChildProcesses;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

/** Starts a cluster of `nodes` nodes and the apps of every strategy over it. Closed by `cleanup`, also when this rejects half-way. */
export async function openStage(options: LabOptions, nodes: number, ownership: Ownership, progress: Progress): Promise<Stage> {
  const cluster = await openCluster(options.runtime, nodes, ownership, progress);
  progress.step(`starting ${2 * options.apps * options.strategies.length} app processes`);
  const secret = randomBytes(32).toString('base64url');
  const fleets = await openFleets(options, cluster.configurationEndpoint, secret, ownership);
  return { cluster, fleets, secret, signal: ownership.signal };
}

/** The same processes with new apps over a new cluster of `nodes` nodes; the former cluster ends. Closed by `cleanup`. */
export async function renewStage(former: Stage, nodes: number, ownership: Ownership, progress: Progress): Promise<Stage> {
  const cluster = await openCluster(former.cluster.runtime, nodes, ownership, progress);
  progress.step('moving the apps to them');
  await Promise.all(former.fleets.map((fleet) => fleet.moveTo(cluster.configurationEndpoint)));
  await former.cluster.close();
  return { ...former, cluster };
}

async function openCluster(runtime: LabOptions['runtime'], nodes: number, ownership: Ownership, progress: Progress): Promise<LocalCluster> {
  ownership.signal.throwIfAborted();
  progress.step(`starting ${nodes} memcached nodes`);
  const cluster = await startLocalCluster({ nodes, runtime });
  ownership.cleanup.add(() => cluster.close());
  ownership.signal.throwIfAborted();
  return cluster;
}

async function openFleets(options: LabOptions, endpoint: string, secret: string, ownership: Ownership): Promise<readonly AppFleet[]> {
  const { serve, strategies, apps, port, transport, copies } = options;
  const starts = strategies.map(async (name) => {
    const fleet = await AppFleet.start({
      strategy: STRATEGIES[name],
      apps,
      firstPort: serve ? port : 0,
      endpoint,
      config: { secret, transport, copies, pollIntervalMs: POLL_INTERVAL_MS },
      children: ownership.children,
    });
    ownership.cleanup.add(() => fleet.close());
    return fleet;
  });
  // All have settled before anything is closed.
  await Promise.allSettled(starts);
  ownership.signal.throwIfAborted();
  return Promise.all(starts);
}
