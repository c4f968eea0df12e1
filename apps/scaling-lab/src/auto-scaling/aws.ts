/** AWS's side: policies and changes, through its API. */
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { ElastiCacheClient, ModifyCacheClusterCommand } from '@aws-sdk/client-elasticache';
import type { LocalElastiCache } from '@sess/local-cluster';

export const METRIC = 'EngineCPUUtilization';
const TARGET = 50;
const CREDENTIALS = { accessKeyId: 'nobody', secretAccessKey: 'looks at it' };

export function awsEnvironment({ apiEndpoint }: LocalElastiCache): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: apiEndpoint,
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}

export async function putPolicy(
  { apiEndpoint, clusterId }: LocalElastiCache,
  { min, max, isScaleInDisabled }: { readonly min: number; readonly max: number; readonly isScaleInDisabled: boolean },
): Promise<void> {
  const client = new ApplicationAutoScalingClient({ endpoint: apiEndpoint, region: 'local', credentials: CREDENTIALS });
  const resource = {
    ServiceNamespace: 'elasticache',
    ResourceId: `cache-cluster/${clusterId}`,
    ScalableDimension: 'elasticache:cache-cluster:Nodes',
  } as const;
  await client.send(new RegisterScalableTargetCommand({ ...resource, MinCapacity: min, MaxCapacity: max }));
  await client.send(
    new PutScalingPolicyCommand({
      ...resource,
      PolicyName: 'load',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: TARGET,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ElastiCacheEngineCPUUtilization' },
        ScaleInCooldown: 60,
        ScaleOutCooldown: 60,
        DisableScaleIn: isScaleInDisabled,
      },
    }),
  );
  client.destroy();
}

export async function changeNodeType({ apiEndpoint, clusterId }: LocalElastiCache): Promise<void> {
  const client = new ElastiCacheClient({ endpoint: apiEndpoint, region: 'local', credentials: CREDENTIALS });
  await client.send(
    new ModifyCacheClusterCommand({
      CacheClusterId: clusterId,
      CacheNodeType: 'cache.m7g.large',
      ApplyImmediately: true,
    }),
  );
  client.destroy();
}
