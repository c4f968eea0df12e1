/** What AWS's own policy and its metric say, so that the guard scales in by the same figures as AWS scales out. */
import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling';
import type * as CloudWatch from '@aws-sdk/client-cloudwatch';

import type { AwsSettings } from '../cache-cluster-api.ts';
import { loadPeer } from '../load-peer.ts';

export interface ScalingPolicy {
  readonly name: string;
  readonly targetValue: number;
  readonly metric: { readonly namespace: string; readonly name: string };
  /** AWS takes nodes away by itself as long as this is false. */
  readonly isScaleInDisabled: boolean;
  readonly minCapacity: number;
  readonly cooldownSeconds: number;
}

export interface ScalingSource {
  /** `undefined` when there is no target tracking policy for the cluster. */
  policy(): Promise<ScalingPolicy | undefined>;
  /** Averages of the last minutes, the newest last. */
  averages(policy: ScalingPolicy, minutes: number): Promise<readonly number[]>;
  close(): void;
}

const DIMENSION = 'elasticache:cache-cluster:Nodes';
/** ElastiCache's own default. */
const COOLDOWN_SECONDS = 600;

export async function scalingSource(
  clusterId: string,
  settings: { readonly autoScaling: AwsSettings; readonly cloudWatch: AwsSettings },
): Promise<ScalingSource> {
  const scaling = await loadPeer(
    '@aws-sdk/client-application-auto-scaling',
    () => import('@aws-sdk/client-application-auto-scaling'),
  );
  const watch = await loadPeer('@aws-sdk/client-cloudwatch', () => import('@aws-sdk/client-cloudwatch'));
  return new SdkScalingSource(
    clusterId,
    { sdk: scaling, client: new scaling.ApplicationAutoScalingClient(settings.autoScaling) },
    { sdk: watch, client: new watch.CloudWatchClient(settings.cloudWatch) },
  );
}

class SdkScalingSource implements ScalingSource {
  readonly #clusterId: string;
  readonly #scaling: { readonly sdk: typeof AutoScaling; readonly client: AutoScaling.ApplicationAutoScalingClient };
  readonly #watch: { readonly sdk: typeof CloudWatch; readonly client: CloudWatch.CloudWatchClient };

  constructor(
    clusterId: string,
    scaling: { readonly sdk: typeof AutoScaling; readonly client: AutoScaling.ApplicationAutoScalingClient },
    watch: { readonly sdk: typeof CloudWatch; readonly client: CloudWatch.CloudWatchClient },
  ) {
    this.#clusterId = clusterId;
    this.#scaling = scaling;
    this.#watch = watch;
  }

  async policy(): Promise<ScalingPolicy | undefined> {
    const { sdk, client } = this.#scaling;
    const resource = `cache-cluster/${this.#clusterId}`;
    const asked = { ServiceNamespace: 'elasticache', ScalableDimension: DIMENSION } as const;
    const [{ ScalingPolicies = [] }, { ScalableTargets: [target] = [] }] = await Promise.all([
      client.send(new sdk.DescribeScalingPoliciesCommand({ ...asked, ResourceId: resource })),
      client.send(new sdk.DescribeScalableTargetsCommand({ ...asked, ResourceIds: [resource] })),
    ]);
    const found = ScalingPolicies.find(({ PolicyType }) => PolicyType === 'TargetTrackingScaling');
    const configuration = found?.TargetTrackingScalingPolicyConfiguration;
    if (configuration?.TargetValue === undefined) return undefined;
    const { CustomizedMetricSpecification: own, PredefinedMetricSpecification: predefined } = configuration;
    return {
      name: found?.PolicyName ?? '',
      targetValue: configuration.TargetValue,
      metric: {
        namespace: own?.Namespace ?? 'AWS/ElastiCache',
        name: own?.MetricName ?? predefined?.PredefinedMetricType?.replace(/^ElastiCache/, '') ?? '',
      },
      isScaleInDisabled: configuration.DisableScaleIn === true,
      minCapacity: target?.MinCapacity ?? 1,
      cooldownSeconds: configuration.ScaleInCooldown ?? COOLDOWN_SECONDS,
    };
  }

  async averages({ metric }: ScalingPolicy, minutes: number): Promise<readonly number[]> {
    const { sdk, client } = this.#watch;
    const end = new Date();
    const { MetricDataResults: [result] = [] } = await client.send(
      new sdk.GetMetricDataCommand({
        StartTime: new Date(end.getTime() - 60_000 * minutes),
        EndTime: end,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'metric',
            MetricStat: {
              Metric: {
                Namespace: metric.namespace,
                MetricName: metric.name,
                Dimensions: [{ Name: 'CacheClusterId', Value: this.#clusterId }],
              },
              Period: 60,
              Stat: 'Average',
            },
          },
        ],
      }),
    );
    const { Timestamps: times = [], Values: values = [] } = result ?? {};
    return times
      .map((time, index) => [time.getTime(), values[index] ?? 0] as const)
      .toSorted(([one], [other]) => one - other)
      .map(([, value]) => value);
  }

  close(): void {
    this.#scaling.client.destroy();
    this.#watch.client.destroy();
  }
}
