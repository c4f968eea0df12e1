/** The metric that a target tracking policy goes by, as CloudWatch is asked for it. */
import type {
  CustomizedMetricSpecification,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { MetricDataQuery, StandardUnit } from '@aws-sdk/client-cloudwatch';

/** As a policy says it: one metric, or an expression over several. */
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

/** With the dimensions, statistic and unit of the policy: another choice finds no data, or other data. */
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
      // AWS's own types differ, its words do not.
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
