/** Sets policies and changes the cluster through AWS's API. */
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { ElastiCache } from '@aws-sdk/client-elasticache';
import type { LocalElastiCache } from '@sess/local-cluster';

export const METRIC = 'EngineCPUUtilization';
/** The type that the scenario `vertical` changes nodes to. */
export const NODE_TYPE = 'cache.m7g.large';
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
  const resource = resourceOf(clusterId);
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

/** Changes the minimum and maximum number of nodes, as a scheduled action does. */
export async function putCapacity(
  { apiEndpoint, clusterId }: LocalElastiCache,
  { min, max }: { readonly min: number; readonly max: number },
): Promise<void> {
  const client = new ApplicationAutoScalingClient({ endpoint: apiEndpoint, region: 'local', credentials: CREDENTIALS });
  await client.send(
    new RegisterScalableTargetCommand({ ...resourceOf(clusterId), MinCapacity: min, MaxCapacity: max }),
  );
  client.destroy();
}

export async function changeNodeType(aws: LocalElastiCache): Promise<void> {
  const client = elastiCacheApi(aws);
  await client.modifyCacheCluster({
    CacheClusterId: aws.clusterId,
    CacheNodeType: NODE_TYPE,
    ApplyImmediately: true,
  });
  client.destroy();
}

export function elastiCacheApi({ apiEndpoint }: LocalElastiCache): ElastiCache {
  return new ElastiCache({ endpoint: apiEndpoint, region: 'local', credentials: CREDENTIALS });
}

function resourceOf(clusterId: string) {
  return {
    ServiceNamespace: 'elasticache',
    ResourceId: `cache-cluster/${clusterId}`,
    ScalableDimension: 'elasticache:cache-cluster:Nodes',
  } as const;
}
