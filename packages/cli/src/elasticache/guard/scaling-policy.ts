/** AWS's policies and their metrics: the guard scales in by the same figures by which AWS scales out. */
import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling';
import type * as CloudWatch from '@aws-sdk/client-cloudwatch';

import type { AwsSettings } from '../cache-cluster-api.ts';
import { loadPeer } from '../load-peer.ts';
import { predefinedMetric, queriesOf, type PolicyMetric } from './policy-metric.ts';

export interface ScalingPolicy {
  readonly name: string;
  readonly targetValue: number;
  readonly metric: PolicyMetric;
  readonly cooldownSeconds: number;
}

/** How AWS scales the cluster. */
export interface Scaling {
  /** Minimum of the scalable target: below it, AWS adds nodes again. 1 without a target. */
  readonly minCapacity: number;
  /** Names of policies by which AWS itself scales in. */
  readonly scalesIn: readonly string[];
  /** The target tracking policies. */
  readonly policies: readonly ScalingPolicy[];
}

export interface ScalingSource {
  scaling(): Promise<Scaling>;
  /** Averages of the last `minutes`, the newest last. */
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

/** Timeout of a query, including the SDK's own retries. */
const ANSWER_MS = 30_000;

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

  async scaling(): Promise<Scaling> {
    const { sdk, client } = this.#scaling;
    const resource = `cache-cluster/${this.#clusterId}`;
    const asked = { ServiceNamespace: 'elasticache', ScalableDimension: DIMENSION } as const;
    const options = { abortSignal: AbortSignal.timeout(ANSWER_MS) };
    const [{ ScalingPolicies = [] }, { ScalableTargets: [target] = [] }] = await Promise.all([
      client.send(new sdk.DescribeScalingPoliciesCommand({ ...asked, ResourceId: resource }), options),
      client.send(new sdk.DescribeScalableTargetsCommand({ ...asked, ResourceIds: [resource] }), options),
    ]);
    const found = ScalingPolicies.flatMap(({ PolicyName = '', TargetTrackingScalingPolicyConfiguration: tracking }) =>
      tracking?.TargetValue === undefined ? [] : [{ name: PolicyName, tracking, targetValue: tracking.TargetValue }],
    );
    const isSuspended = target?.SuspendedState?.DynamicScalingInSuspended === true;
    return {
      minCapacity: target?.MinCapacity ?? 1,
      scalesIn: isSuspended
        ? []
        : found.filter(({ tracking }) => tracking.DisableScaleIn !== true).map(({ name }) => name),
      policies: found.map(({ name, tracking, targetValue }) => ({
        name,
        targetValue,
        metric: tracking.CustomizedMetricSpecification ?? predefinedMetric(this.#clusterId, tracking),
        cooldownSeconds: tracking.ScaleInCooldown ?? COOLDOWN_SECONDS,
      })),
    };
  }

  async averages({ metric }: ScalingPolicy, minutes: number): Promise<readonly number[]> {
    const { sdk, client } = this.#watch;
    const end = new Date();
    const { MetricDataResults: results = [] } = await client.send(
      new sdk.GetMetricDataCommand({
        StartTime: new Date(end.getTime() - 60_000 * minutes),
        EndTime: end,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [...queriesOf(metric)],
      }),
      { abortSignal: AbortSignal.timeout(ANSWER_MS) },
    );
    const { Timestamps: times = [], Values: values = [] } = results[0] ?? {};
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
