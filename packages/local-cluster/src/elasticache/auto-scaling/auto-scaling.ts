/** Application Auto Scaling for the one cluster. */
import { randomUUID } from 'node:crypto';

import { MAX_NODES } from '../../options.ts';
import type { JsonAction } from '../api/api-server.ts';
import { AwsError, validation } from '../api/aws-error.ts';
import { AWS_SECONDS, type AwsTime } from '../aws-time.ts';
import type { CacheCluster } from '../cache-cluster.ts';
import { flag, number, optionalText, record, text, type Input } from './input.ts';
import { dimensionsIn, Metrics, type MetricName } from './metrics.ts';
import {
  wantedByTracking,
  type ScalableTarget,
  type ScheduledAction,
  type TargetTrackingPolicy,
} from './scalable-target.ts';
import { parseSchedule } from './schedule.ts';

const DIMENSION = 'elasticache:cache-cluster:Nodes';
const COOLDOWN_SECONDS = 600;

interface Activity {
  readonly id: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  status: 'InProgress' | 'Successful' | 'Failed';
}

export class AutoScaling {
  readonly metrics: Metrics = new Metrics();
  readonly #cluster: CacheCluster;
  readonly #time: AwsTime;
  #target: ScalableTarget | undefined;
  readonly #policies = new Map<string, TargetTrackingPolicy>();
  readonly #scheduled = new Map<string, ScheduledAction>();
  readonly #activities: Activity[] = [];
  /** Time of the last scaling, milliseconds since 1970. */
  #scaledAt = -Infinity;
  #lookedAt: number = Date.now();

  constructor(cluster: CacheCluster, time: AwsTime) {
    this.#cluster = cluster;
    this.#time = time;
  }

  /** The actions by the SDK's target name. */
  get actions(): ReadonlyMap<string, JsonAction> {
    const scaling: Readonly<Record<string, JsonAction>> = {
      RegisterScalableTarget: (input) => this.#register(input),
      DeregisterScalableTarget: (input) => this.#deregister(input),
      DescribeScalableTargets: () => ({ ScalableTargets: this.#describeTargets() }),
      PutScalingPolicy: (input) => this.#putPolicy(input),
      DeleteScalingPolicy: (input) => forget(this.#policies, text(input, 'PolicyName'), 'scaling policy'),
      DescribeScalingPolicies: () => ({ ScalingPolicies: this.#describePolicies() }),
      PutScheduledAction: (input) => this.#putScheduled(input),
      DeleteScheduledAction: (input) => forget(this.#scheduled, text(input, 'ScheduledActionName'), 'scheduled action'),
      DescribeScheduledActions: () => ({ ScheduledActions: this.#describeScheduled() }),
      DescribeScalingActivities: () => ({ ScalingActivities: this.#describeActivities() }),
    };
    const metrics: Readonly<Record<string, JsonAction>> = {
      PutMetricData: (input) => this.metrics.putData(input),
      GetMetricData: (input) => this.metrics.getData(input),
    };
    return new Map([
      ...Object.entries(scaling).map(([name, action]) => [`AnyScaleFrontendService.${name}`, action] as const),
      ...Object.entries(metrics).map(([name, action]) => [`GraniteServiceVersion20100801.${name}`, action] as const),
    ]);
  }

  /** Checks metrics and schedules once per period, until the stand-in is closed. */
  async run(): Promise<void> {
    for (;;) {
      await this.#time.pass(AWS_SECONDS.metricPeriod);
      this.metrics.endPeriod();
      this.#look();
    }
  }

  /** A metric that ElastiCache itself publishes about the cluster. */
  clusterMetric(name: string): MetricName {
    return { namespace: 'AWS/ElastiCache', name, dimensions: { CacheClusterId: this.#cluster.id } };
  }

  #look(): void {
    const now = Date.now();
    const due = [...this.#scheduled.values()].filter(({ schedule }) => schedule.isDue(this.#lookedAt, now));
    this.#lookedAt = now;
    const target = this.#target;
    if (target === undefined) return;
    if (!target.suspended.scheduled)
      for (const { minCapacity, maxCapacity } of due) {
        target.minCapacity = minCapacity ?? target.minCapacity;
        target.maxCapacity = maxCapacity ?? target.maxCapacity;
      }
    if (this.#cluster.status === 'available') this.#scale(target, now);
  }

  #scale(target: ScalableTarget, now: number): void {
    const nodes = this.#cluster.nodes.length;
    const bounded = (count: number): number => Math.min(target.maxCapacity, Math.max(target.minCapacity, count));
    if (bounded(nodes) !== nodes)
      return this.#scaleTo(bounded(nodes), nodes < target.minCapacity ? 'minimum capacity' : 'maximum capacity');
    const wishes = [...this.#policies.values()].map((policy) => ({
      policy,
      wanted: wantedByTracking(policy, this.metrics.last(policy.metric, 15), nodes),
    }));
    const cooled = (seconds: number): boolean => now - this.#scaledAt >= this.#time.milliseconds(seconds);
    // Scales out if any policy wants more nodes, and in only if all want fewer.
    const more = wishes.filter(({ wanted }) => wanted !== undefined && wanted > nodes);
    const [first] = more.length > 0 ? more : wishes;
    if (first === undefined) return;
    const counts = (more.length > 0 ? more : wishes).map(({ wanted }) => wanted ?? nodes);
    const count = bounded(Math.max(...counts));
    const { scaleOutCooldownSeconds, scaleInCooldownSeconds, name } = first.policy;
    if (count > nodes && !target.suspended.out && cooled(scaleOutCooldownSeconds)) this.#scaleTo(count, name);
    if (count < nodes && !target.suspended.in && cooled(scaleInCooldownSeconds)) this.#scaleTo(count, name);
  }

  /** Like AWS, adds nodes, or removes the last ones of the list, without asking anybody. */
  #scaleTo(count: number, cause: string): void {
    const { nodes } = this.#cluster;
    const activity: Activity = {
      id: randomUUID(),
      description: `Setting desired capacity to ${count}.`,
      cause: `${cause} triggered a change from ${nodes.length} to ${count}.`,
      startedAt: Date.now(),
      endedAt: undefined,
      status: 'InProgress',
    };
    this.#activities.unshift(activity);
    try {
      if (count > nodes.length) this.#cluster.addNodes(count - nodes.length);
      else
        this.#cluster.removeNodes(
          nodes
            .slice(count)
            .toReversed()
            .map(({ id }) => id),
        );
    } catch {
      activity.status = 'Failed';
      activity.endedAt = Date.now();
      return;
    }
    void this.#finished(activity);
  }

  async #finished(activity: Activity): Promise<void> {
    await this.#cluster.settled();
    activity.status = 'Successful';
    activity.endedAt = Date.now();
    this.#scaledAt = activity.endedAt;
  }

  #register(input: Input): object {
    this.#requireResource(input);
    const minCapacity = number(input, 'MinCapacity') ?? this.#target?.minCapacity;
    const maxCapacity = number(input, 'MaxCapacity') ?? this.#target?.maxCapacity;
    if (minCapacity === undefined || maxCapacity === undefined)
      throw validation('MinCapacity and MaxCapacity are required for a new scalable target.');
    if (minCapacity < 1 || maxCapacity > MAX_NODES || minCapacity > maxCapacity)
      throw validation(`Maximum capacity cannot be less than minimum capacity, and both are from 1 to ${MAX_NODES}.`);
    const state = record(input, 'SuspendedState');
    this.#target = {
      minCapacity,
      maxCapacity,
      createdAt: this.#target?.createdAt ?? Date.now(),
      suspended: {
        in: flag(state, 'DynamicScalingInSuspended'),
        out: flag(state, 'DynamicScalingOutSuspended'),
        scheduled: flag(state, 'ScheduledScalingSuspended'),
      },
    };
    return { ScalableTargetARN: this.#arn('scalable-target') };
  }

  #deregister(input: Input): object {
    this.#requireTarget(input);
    this.#target = undefined;
    this.#policies.clear();
    this.#scheduled.clear();
    return {};
  }

  #putPolicy(input: Input): object {
    this.#requireTarget(input);
    if (optionalText(input, 'PolicyType') !== 'TargetTrackingScaling')
      throw validation('PolicyType: the stand-in knows TargetTrackingScaling.');
    const configuration = record(input, 'TargetTrackingScalingPolicyConfiguration');
    const targetValue = number(configuration, 'TargetValue');
    if (targetValue === undefined || targetValue <= 0) throw validation('TargetValue must be greater than 0.');
    const predefined = optionalText(record(configuration, 'PredefinedMetricSpecification'), 'PredefinedMetricType');
    const customized = record(configuration, 'CustomizedMetricSpecification');
    const name = text(input, 'PolicyName');
    this.#policies.set(name, {
      name,
      createdAt: Date.now(),
      metric:
        predefined === undefined
          ? {
              namespace: text(customized, 'Namespace'),
              name: text(customized, 'MetricName'),
              dimensions: dimensionsIn(customized),
            }
          : // ElastiCacheEngineCPUUtilization is the metric EngineCPUUtilization.
            this.clusterMetric(predefined.replace(/^ElastiCache/, '')),
      targetValue,
      scaleOutCooldownSeconds: number(configuration, 'ScaleOutCooldown') ?? COOLDOWN_SECONDS,
      scaleInCooldownSeconds: number(configuration, 'ScaleInCooldown') ?? COOLDOWN_SECONDS,
      isScaleInDisabled: flag(configuration, 'DisableScaleIn'),
      configuration,
    });
    return { PolicyARN: this.#arn(`scalingPolicy:${name}`), Alarms: [] };
  }

  #putScheduled(input: Input): object {
    this.#requireTarget(input);
    const name = text(input, 'ScheduledActionName');
    const action = record(input, 'ScalableTargetAction');
    const createdAt = Date.now();
    this.#scheduled.set(name, {
      name,
      createdAt,
      schedule: parseSchedule(text(input, 'Schedule'), createdAt, (seconds) => this.#time.milliseconds(seconds)),
      minCapacity: number(action, 'MinCapacity'),
      maxCapacity: number(action, 'MaxCapacity'),
    });
    return {};
  }

  #requireResource(input: Input): void {
    const resource = text(input, 'ResourceId');
    if (text(input, 'ServiceNamespace') !== 'elasticache' || text(input, 'ScalableDimension') !== DIMENSION)
      throw validation(`The stand-in scales ServiceNamespace elasticache, ScalableDimension ${DIMENSION}.`);
    if (resource !== this.#resourceId) throw validation(`Cache cluster doesn't exist: ${resource}`);
  }

  #requireTarget(input: Input): void {
    this.#requireResource(input);
    if (this.#target === undefined)
      throw new AwsError(
        'ObjectNotFoundException',
        `No scalable target registered for service namespace: elasticache, resource ID: ${this.#resourceId}, scalable dimension: ${DIMENSION}`,
      );
  }

  get #resourceId(): string {
    return `cache-cluster/${this.#cluster.id}`;
  }

  #arn(what: string): string {
    return `arn:aws:application-autoscaling:local:000000000000:${what}/${this.#resourceId}`;
  }

  get #resource(): object {
    return { ServiceNamespace: 'elasticache', ResourceId: this.#resourceId, ScalableDimension: DIMENSION };
  }

  #describeTargets(): readonly object[] {
    if (this.#target === undefined) return [];
    const { minCapacity, maxCapacity, createdAt, suspended } = this.#target;
    return [
      {
        ...this.#resource,
        MinCapacity: minCapacity,
        MaxCapacity: maxCapacity,
        CreationTime: createdAt / 1_000,
        RoleARN: 'arn:aws:iam::000000000000:role/local',
        SuspendedState: {
          DynamicScalingInSuspended: suspended.in,
          DynamicScalingOutSuspended: suspended.out,
          ScheduledScalingSuspended: suspended.scheduled,
        },
      },
    ];
  }

  #describePolicies(): readonly object[] {
    return [...this.#policies.values()].map(({ name, createdAt, configuration }) => ({
      ...this.#resource,
      PolicyARN: this.#arn(`scalingPolicy:${name}`),
      PolicyName: name,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: configuration,
      CreationTime: createdAt / 1_000,
    }));
  }

  #describeScheduled(): readonly object[] {
    return [...this.#scheduled.values()].map(({ name, createdAt, schedule, minCapacity, maxCapacity }) => ({
      ...this.#resource,
      ScheduledActionARN: this.#arn(`scheduledAction:${name}`),
      ScheduledActionName: name,
      Schedule: schedule.text,
      ScalableTargetAction: { MinCapacity: minCapacity, MaxCapacity: maxCapacity },
      CreationTime: createdAt / 1_000,
    }));
  }

  #describeActivities(): readonly object[] {
    return this.#activities.map(({ id, description, cause, startedAt, endedAt, status }) => ({
      ...this.#resource,
      ActivityId: id,
      Description: description,
      Cause: cause,
      StartTime: startedAt / 1_000,
      EndTime: endedAt === undefined ? undefined : endedAt / 1_000,
      StatusCode: status,
    }));
  }
}

function forget(from: Map<string, unknown>, name: string, what: string): object {
  if (!from.delete(name)) throw new AwsError('ObjectNotFoundException', `No ${what} found: ${name}`);
  return {};
}
