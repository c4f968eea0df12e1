/** The minimum and maximum number of nodes that auto scaling keeps. */
import type { AwsSettings } from './cache-cluster-api.ts';
import { loadPeer } from './load-peer.ts';
import { Obstructed } from './obstacle.ts';

export interface Capacity {
  readonly min: number;
  readonly max: number;
}

const ANSWER_MS = 30_000;

/** Resolves to `undefined` if nothing scales the cluster, or if the capacity was never readable. */
export type CapacityReader = () => Promise<Capacity | undefined>;

/**
 * Reads the capacity. The command may lack the permission or the SDK's package: then notes the first failure, and
 * returns the last known answer.
 */
export function capacityReader(clusterId: string, settings: AwsSettings, note: (text: string) => void): CapacityReader {
  let known: Capacity | undefined;
  let isSaid = false;
  return async () => {
    try {
      known = await capacityOf(clusterId, settings);
    } catch (error) {
      if (!isSaid) note(`MinCapacity and MaxCapacity of auto scaling were not checked: ${(error as Error).message}`);
      isSaid = true;
    }
    return known;
  };
}

/** Above its maximum, auto scaling removes a node at once: the new one, or another of the last ones. */
export function requireRoom(nodes: number, capacity: Capacity | undefined): void {
  if (capacity === undefined || nodes < capacity.max) return;
  throw new Obstructed(
    'max-capacity',
    `There are ${nodes} nodes, and replacing one needs one more for a while, but auto scaling allows ${capacity.max} (MaxCapacity) and would take a node away at once, with its sessions. Raise MaxCapacity to ${nodes + 1} first: aws application-autoscaling register-scalable-target … --max-capacity ${nodes + 1}`,
  );
}

/** Below its minimum, auto scaling adds nodes again at once, and all sessions that moved move back. */
export function requireMinimum(staying: number, capacity: Capacity | undefined): void {
  if (capacity === undefined || staying >= capacity.min) return;
  throw new Obstructed(
    'min-capacity',
    `${staying} would stay, but auto scaling keeps at least ${capacity.min} (MinCapacity) and would add nodes again at once. Keep ${capacity.min}, or lower MinCapacity first: aws application-autoscaling register-scalable-target … --min-capacity ${staying}`,
  );
}

/**
 * `undefined` if nothing scales the cluster.
 *
 * @throws {UsageError} if the SDK's package is not installed
 */
async function capacityOf(clusterId: string, settings: AwsSettings): Promise<Capacity | undefined> {
  const sdk = await loadPeer(
    '@aws-sdk/client-application-auto-scaling',
    () => import('@aws-sdk/client-application-auto-scaling'),
  );
  const client = new sdk.ApplicationAutoScalingClient(settings);
  try {
    const { ScalableTargets: [target] = [] } = await client.send(
      new sdk.DescribeScalableTargetsCommand({
        ServiceNamespace: 'elasticache',
        ScalableDimension: 'elasticache:cache-cluster:Nodes',
        ResourceIds: [`cache-cluster/${clusterId}`],
      }),
      { abortSignal: AbortSignal.timeout(ANSWER_MS) },
    );
    const { MinCapacity: min, MaxCapacity: max } = target ?? {};
    return min === undefined || max === undefined ? undefined : { min, max };
  } finally {
    client.destroy();
  }
}
