/** Checks the template of docs/operations against the published metrics. */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { PUBLISHED } from '../src/index.ts';

const text = readFileSync(new URL('../../../docs/operations/cloudformation.json', import.meta.url), 'utf8');

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly string[];
}

/** Metrics of alarms are objects, those of a dashboard are lists: `[namespace, name, dimension, value, …]`. */
function metricsIn(value: unknown): readonly Metric[] {
  if (typeof value === 'string' && value.startsWith('{')) return metricsIn(JSON.parse(value));
  if (Array.isArray(value) && typeof value[0] === 'string' && /^(Sess|AWS\/)/.test(value[0])) {
    const [namespace, name, ...rest] = value as [string, string, ...string[]];
    return [{ namespace, name, dimensions: rest.filter((_, index) => index % 2 === 0) }];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { Namespace, MetricName, Dimensions } = value as {
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly { readonly Name: string }[];
  };
  const inside = Object.values(value).flatMap(metricsIn);
  if (Namespace === undefined || MetricName === undefined) return inside;
  return [{ namespace: Namespace, name: MetricName, dimensions: Dimensions?.map(({ Name }) => Name) ?? [] }, ...inside];
}

/** What ElastiCache for Memcached publishes, of which the template may read. */
const OF_ELASTICACHE = [
  'CPUUtilization',
  'CurrConnections',
  'Evictions',
  'FreeableMemory',
  'NetworkBytesIn',
  'NetworkBytesOut',
  'SwapUsage',
];

describe('cloudformation.json', () => {
  it('reads metrics that are published, by the dimensions that they have', () => {
    const metrics = metricsIn(JSON.parse(text));
    const ours = metrics.filter(({ namespace }) => namespace === 'Sess');
    expect(ours.length).toBeGreaterThan(20);
    for (const { name, dimensions } of ours) {
      expect(Object.keys(PUBLISHED)).toContain(name);
      const by = PUBLISHED[name as keyof typeof PUBLISHED]?.dimension;
      expect(dimensions, name).toEqual(by === undefined ? ['Service'] : ['Service', by]);
    }
    for (const { namespace, name } of metrics.filter((metric) => metric.namespace !== 'Sess')) {
      expect(namespace).toBe('AWS/ElastiCache');
      expect(OF_ELASTICACHE).toContain(name);
    }
  });

  it('has the alarms that AWS recommends for Memcached, and those of sessions', () => {
    const { Resources } = JSON.parse(text) as { readonly Resources: Readonly<Record<string, unknown>> };
    for (const alarm of [
      'CPUUtilization',
      'Evictions',
      'CurrConnections',
      'NetworkBytesOut',
      'NodesDown',
      'RingsDiffer',
    ])
      expect(Object.keys(Resources)).toContain(alarm);
    expect(Object.keys(Resources).filter((name) => name.startsWith('Misses')).length).toBe(6);
  });
});
