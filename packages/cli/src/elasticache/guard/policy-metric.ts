/** The metric of a target tracking policy, as a CloudWatch query. */
import type {
  CustomizedMetricSpecification,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { MetricDataQuery, StandardUnit } from '@aws-sdk/client-cloudwatch';

/** The policy's own form: one metric, or an expression over several. */
export type PolicyMetric = CustomizedMetricSpecification;

const PERIOD_SECONDS = 60;

/** `ElastiCacheEngineCPUUtilization` is the cluster's metric `EngineCPUUtilization`. */
export function predefinedMetric(
  clusterId: string,
  { PredefinedMetricSpecification: predefined }: TargetTrackingScalingPolicyConfiguration,
): PolicyMetric {
  return {
    Namespace: 'AWS/ElastiCache',
    MetricName: predefined?.PredefinedMetricType?.replace(/^ElastiCache/, '') ?? '',
    Dimensions: [{ Name: 'CacheClusterId', Value: clusterId }],
    Statistic: 'Average',
  };
}

/** Uses the policy's dimensions, statistic and unit: others find no data, or different data. */
export function queriesOf({ Metrics, ...single }: PolicyMetric): readonly MetricDataQuery[] {
  if (Metrics === undefined || Metrics.length === 0)
    return [{ Id: 'metric', ...statistic(single, single.Statistic ?? 'Average', single.Unit) }];
  return Metrics.map(({ Id, Expression, Label, MetricStat, ReturnData }) => ({
    Id,
    ...(Expression !== undefined && { Expression, Period: PERIOD_SECONDS }),
    ...(Label !== undefined && { Label }),
    ...(ReturnData !== undefined && { ReturnData }),
    ...(MetricStat !== undefined && statistic(MetricStat.Metric ?? {}, MetricStat.Stat ?? 'Average', MetricStat.Unit)),
  }));
}

function statistic(
  { Namespace, MetricName, Dimensions = [] }: Pick<PolicyMetric, 'Namespace' | 'MetricName' | 'Dimensions'>,
  stat: string,
  unit: string | undefined,
): Pick<MetricDataQuery, 'MetricStat'> {
  return {
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions: [...Dimensions] },
      Period: PERIOD_SECONDS,
      Stat: stat,
      // AWS's types differ between the two APIs, but their values are the same.
      ...(unit !== undefined && { Unit: unit as StandardUnit }),
    },
  };
}

/** For people: `Shop/Sessions Logins {Service=web}`. */
export function metricText({ Metrics, Namespace, MetricName, Dimensions = [] }: PolicyMetric): string {
  if (Metrics !== undefined && Metrics.length > 0)
    return `an expression over ${Metrics.flatMap(({ MetricStat: stat }) => (stat?.Metric === undefined ? [] : [metricText(stat.Metric)])).join(', ')}`;
  return `${Namespace} ${MetricName} {${Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(', ')}}`;
}
