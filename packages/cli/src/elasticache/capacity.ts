/** Between which numbers of nodes auto scaling keeps the cluster. */
import type { AwsSettings } from './cache-cluster-api.ts';
import { loadPeer } from './load-peer.ts';

export interface Capacity {
  readonly min: number;
  readonly max: number;
}

const ANSWER_MS = 30_000;

/**
 * `undefined` if nothing scales the cluster.
 *
 * @throws {UsageError} when the SDK's package is not installed
 */
export async function capacityOf(clusterId: string, settings: AwsSettings): Promise<Capacity | undefined> {
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
