import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { LocalElastiCache } from '@sess/local-cluster';

interface Tracking {
  readonly min: number;
  readonly max: number;
  readonly isScaleInDisabled: boolean;
}

/** Between how many nodes AWS keeps the cluster, and a policy that tracks the nodes' CPU. */
export async function putTrackingPolicy(
  { apiEndpoint, clusterId }: LocalElastiCache,
  { min, max, isScaleInDisabled }: Tracking,
): Promise<void> {
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };
  const api = new ApplicationAutoScalingClient({ endpoint: apiEndpoint, region: 'us-east-1', credentials });
  const resource = {
    ServiceNamespace: 'elasticache',
    ResourceId: `cache-cluster/${clusterId}`,
    ScalableDimension: 'elasticache:cache-cluster:Nodes',
  } as const;
  await api.send(new RegisterScalableTargetCommand({ ...resource, MinCapacity: min, MaxCapacity: max }));
  await api.send(
    new PutScalingPolicyCommand({
      ...resource,
      PolicyName: 'cpu',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ElastiCacheEngineCPUUtilization' },
        ScaleInCooldown: 0,
        ScaleOutCooldown: 0,
        DisableScaleIn: isScaleInDisabled,
      },
    }),
  );
  api.destroy();
}
