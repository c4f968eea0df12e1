import {
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { GetMetricDataCommand, PutMetricDataCommand, type Metric } from '@aws-sdk/client-cloudwatch';
import { expect, test } from 'vitest';

import { CLUSTER, standIn, type StandIn } from './stand-in.ts';

const RESOURCE = {
  ServiceNamespace: 'elasticache',
  ResourceId: `cache-cluster/${CLUSTER}`,
  ScalableDimension: 'elasticache:cache-cluster:Nodes',
} as const;
/** A minute takes 10 ms. */
const FAST = { runtime: 'embedded', timeScale: 6_000 } as const;

async function register({ autoScaling }: StandIn, min: number, max: number): Promise<void> {
  await autoScaling.send(new RegisterScalableTargetCommand({ ...RESOURCE, MinCapacity: min, MaxCapacity: max }));
}

async function track(
  { autoScaling }: StandIn,
  configuration: Partial<TargetTrackingScalingPolicyConfiguration>,
): Promise<void> {
  await autoScaling.send(
    new PutScalingPolicyCommand({
      ...RESOURCE,
      PolicyName: 'cpu',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: 'ElastiCacheEngineCPUUtilization' },
        ScaleInCooldown: 0,
        ScaleOutCooldown: 0,
        ...configuration,
      },
    }),
  );
}

/** The metric, as a load makes it that the nodes share. */
function load({ cluster }: StandIn, total: () => number): () => void {
  const timer = setInterval(() => cluster.putMetric('EngineCPUUtilization', total() / cluster.nodes.length), 3);
  return () => clearInterval(timer);
}

const ids = ({ cluster }: StandIn): readonly string[] => cluster.nodes.map(({ cacheNodeId }) => cacheNodeId);

const CPU = {
  Namespace: 'AWS/ElastiCache',
  MetricName: 'EngineCPUUtilization',
  Dimensions: [{ Name: 'CacheClusterId', Value: CLUSTER }],
};

async function lastValues({ cloudWatch }: StandIn, Metric: Metric = CPU): Promise<readonly number[]> {
  const { MetricDataResults: [result] = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(),
      MetricDataQueries: [{ Id: 'metric', MetricStat: { Metric, Period: 60, Stat: 'Average' } }],
    }),
  );
  return result?.Values ?? [];
}

/** A metric of the application, which it publishes by itself. */
function logins(dimensions: Record<string, string>): Metric {
  return {
    Namespace: 'Shop',
    MetricName: 'Logins',
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

test('a policy goes by the metric with its own dimensions, in any order, and by no other', async () => {
  const aws = await standIn({ ...FAST, nodes: 2 });
  await register(aws, 2, 5);
  const [web, mail] = [logins({ Service: 'web', Stage: 'live' }), { Service: 'mail', Stage: 'live' }];
  await track(aws, {
    PredefinedMetricSpecification: undefined,
    CustomizedMetricSpecification: { ...web, Statistic: 'Average' },
  });
  let loaded: Record<string, string> = mail;
  const timer = setInterval(() => {
    for (const dimensions of [loaded, { Service: 'web' }, {}]) aws.cluster.putMetric('Logins', 500, 'Shop', dimensions);
  }, 3);
  await expect.poll(async () => (await lastValues(aws, logins(mail))).length).toBeGreaterThanOrEqual(4);
  expect(await lastValues(aws, web)).toEqual([]);
  expect(ids(aws)).toHaveLength(2);
  loaded = { Stage: 'live', Service: 'web' };
  await expect.poll(() => ids(aws).length).toBeGreaterThan(2);
  expect(await lastValues(aws, web)).toContain(500);
  clearInterval(timer);
});

test('target tracking adds nodes under load, and takes the last ones of the list away when it is over', async () => {
  const aws = await standIn({ ...FAST, nodes: 3 });
  await register(aws, 3, 6);
  await track(aws, {});
  let total = 300;
  const stop = load(aws, () => total);
  await expect.poll(() => ids(aws).length).toBe(6);
  await aws.cluster.settled();
  total = 60;
  await expect.poll(() => ids(aws), { timeout: 60_000 }).toEqual(['0001', '0002', '0003']);
  stop();
  const removed = aws.cluster.events.map(({ message }) => message).filter((message) => message.startsWith('Removed'));
  expect(removed).toEqual(['Removed cache node 0006', 'Removed cache node 0005', 'Removed cache node 0004']);
  const { ScalingActivities: activities = [] } = await aws.autoScaling.send(
    new DescribeScalingActivitiesCommand({ ServiceNamespace: 'elasticache' }),
  );
  expect(activities.map(({ Description: description }) => description).toReversed()).toEqual([
    'Setting desired capacity to 6.',
    'Setting desired capacity to 3.',
  ]);
});

test('DisableScaleIn leaves nodes where they are', async () => {
  const aws = await standIn({ ...FAST, nodes: 4 });
  await register(aws, 1, 6);
  await track(aws, { DisableScaleIn: true });
  const stop = load(aws, () => 4);
  const seen = async (): Promise<number> => (await lastValues(aws)).length;
  // Twice as many periods as a removal needs.
  await expect.poll(seen, { timeout: 60_000 }).toBeGreaterThan(30);
  stop();
  expect(ids(aws)).toHaveLength(4);
  const { ScalingPolicies: [policy] = [] } = await aws.autoScaling.send(
    new DescribeScalingPoliciesCommand({ ServiceNamespace: 'elasticache' }),
  );
  expect(policy?.TargetTrackingScalingPolicyConfiguration).toMatchObject({ DisableScaleIn: true, TargetValue: 50 });
});

test('a scheduled action moves the bounds, and the number of nodes with them', async () => {
  const aws = await standIn({ ...FAST, nodes: 2 });
  await register(aws, 2, 8);
  await aws.autoScaling.send(
    new PutScheduledActionCommand({
      ...RESOURCE,
      ScheduledActionName: 'morning',
      Schedule: 'rate(10 minutes)',
      ScalableTargetAction: { MinCapacity: 5, MaxCapacity: 8 },
    }),
  );
  await expect.poll(() => ids(aws).length).toBe(5);
  const { ScalableTargets: [target] = [] } = await aws.autoScaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'elasticache' }),
  );
  expect(target).toMatchObject({ MinCapacity: 5, MaxCapacity: 8, ResourceId: RESOURCE.ResourceId });
  expect(target?.CreationTime).toBeInstanceOf(Date);
});

test('values that come by PutMetricData are averaged over a period', async () => {
  const aws = await standIn({ runtime: 'embedded', nodes: 1, timeScale: 600 });
  const MetricData = [20, 40].map((Value) => ({ ...CPU, Value }));
  await aws.cloudWatch.send(new PutMetricDataCommand({ Namespace: CPU.Namespace, MetricData }));
  await expect.poll(() => lastValues(aws)).toEqual([30]);
});

test('what it can’t do is refused in AWS’s words', async () => {
  const aws = await standIn({ ...FAST, nodes: 2 });
  await expect(track(aws, {})).rejects.toMatchObject({ name: 'ObjectNotFoundException' });
  await expect(register(aws, 5, 2)).rejects.toMatchObject({ name: 'ValidationException' });
  await register(aws, 1, 4);
  const cron = new PutScheduledActionCommand({
    ...RESOURCE,
    ScheduledActionName: 'night',
    Schedule: 'cron(0 2 * * ? *)',
    ScalableTargetAction: { MinCapacity: 1 },
  });
  await expect(aws.autoScaling.send(cron)).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('rate('),
  });
});
