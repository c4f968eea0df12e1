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

const CREDENTIALS = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };

const resourceOf = (clusterId: string) =>
  ({
    ServiceNamespace: 'elasticache',
    ResourceId: `cache-cluster/${clusterId}`,
    ScalableDimension: 'elasticache:cache-cluster:Nodes',
  }) as const;

/** Between how many nodes AWS keeps the cluster. */
export async function putCapacity(
  { apiEndpoint, clusterId }: LocalElastiCache,
  { min, max }: Pick<Tracking, 'min' | 'max'>,
): Promise<void> {
  const api = new ApplicationAutoScalingClient({
    endpoint: apiEndpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  await api.send(new RegisterScalableTargetCommand({ ...resourceOf(clusterId), MinCapacity: min, MaxCapacity: max }));
  api.destroy();
}

/** The same, and a policy that tracks the nodes' CPU. */
export async function putTrackingPolicy(
  aws: LocalElastiCache,
  { isScaleInDisabled, ...capacity }: Tracking,
): Promise<void> {
  await putCapacity(aws, capacity);
  const { apiEndpoint, clusterId } = aws;
  const api = new ApplicationAutoScalingClient({
    endpoint: apiEndpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  await api.send(
    new PutScalingPolicyCommand({
      ...resourceOf(clusterId),
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
