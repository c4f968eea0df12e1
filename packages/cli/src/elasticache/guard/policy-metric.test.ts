import { expect, it } from 'vitest';

import { metricText, queriesOf } from './policy-metric.ts';

const LOGINS = {
  Namespace: 'Shop',
  MetricName: 'Logins',
  Dimensions: [{ Name: 'Service', Value: 'web' }],
  Statistic: 'Sum',
  Unit: 'Count',
} as const;

it('asks for a metric of the user’s own with the dimensions, the statistic and the unit of the policy', () => {
  expect(queriesOf({ ...LOGINS, Dimensions: [...LOGINS.Dimensions] })).toEqual([
    {
      Id: 'metric',
      MetricStat: {
        Metric: { Namespace: 'Shop', MetricName: 'Logins', Dimensions: [{ Name: 'Service', Value: 'web' }] },
        Period: 60,
        Stat: 'Sum',
        Unit: 'Count',
      },
    },
  ]);
});

it('asks for an expression over several metrics as the policy has it', () => {
  const { Statistic, Unit, ...metric } = LOGINS;
  const Metrics = [
    {
      Id: 'logins',
      MetricStat: { Metric: { ...metric, Dimensions: [...metric.Dimensions] }, Stat: Statistic, Unit },
      ReturnData: false,
    },
    { Id: 'each', Expression: 'logins / 2', Label: 'half', ReturnData: true },
  ];
  expect(queriesOf({ Metrics })).toEqual([
    {
      Id: 'logins',
      ReturnData: false,
      MetricStat: { Metric: { ...metric }, Period: 60, Stat: 'Sum', Unit: 'Count' },
    },
    { Id: 'each', Expression: 'logins / 2', Label: 'half', ReturnData: true, Period: 60 },
  ]);
  expect(metricText({ Metrics })).toBe('an expression over Shop Logins {Service=web}');
});
