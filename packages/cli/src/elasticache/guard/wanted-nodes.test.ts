import { expect, it } from 'vitest';

import type { ScalingPolicy } from './scaling-policy.ts';
import { MINUTES_IN, wantedNodes } from './wanted-nodes.ts';

const POLICY: ScalingPolicy = {
  name: 'cpu',
  targetValue: 50,
  metric: { namespace: 'AWS/ElastiCache', name: 'EngineCPUUtilization' },
  isScaleInDisabled: true,
  minCapacity: 2,
  cooldownSeconds: 0,
};
const minutes = (value: number): number[] => Array.from({ length: MINUTES_IN }, () => value);

it.each([
  ['low for long enough', minutes(20), 8, 4],
  ['low, but for one minute of the last fifteen', [...minutes(20).slice(1), 46], 8, 8],
  ['low, but not for fifteen minutes', minutes(20).slice(1), 8, 8],
  ['high long ago', [90, ...minutes(20)], 8, 4],
  ['just below the target', minutes(46), 8, 8],
  ['near nothing: the minimum stays', minutes(0.1), 8, 2],
  ['without a value', [], 8, 8],
  ['by the highest of them', [...minutes(10).slice(1), 30], 10, 6],
])('a metric that is %s', (_, averages, nodes, wanted) => {
  expect(wantedNodes(POLICY, averages, nodes)).toBe(wanted);
});
