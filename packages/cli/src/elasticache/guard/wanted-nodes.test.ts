import { describe, expect, it } from 'vitest';

import type { Scaling, ScalingPolicy, ScalingSource } from './scaling-policy.ts';
import { MINUTES_IN, wantedNodes, desiredNodes } from './wanted-nodes.ts';

const minutes = (value: number): number[] => Array.from({ length: MINUTES_IN }, () => value);

it.each([
  ['low for long enough', minutes(20), 8, 4],
  ['low, but for one minute of the last fifteen', [...minutes(20).slice(1), 46], 8, 8],
  ['low, but not for fifteen minutes', minutes(20).slice(1), 8, 8],
  ['high long ago', [90, ...minutes(20)], 8, 4],
  ['just below the target', minutes(46), 8, 8],
  ['near nothing: one stays', minutes(0.1), 8, 1],
  ['without a value', [], 8, 8],
  ['by the highest of them', [...minutes(10).slice(1), 30], 10, 6],
])('a metric that is %s', (_, averages, nodes, wanted) => {
  expect(wantedNodes({ targetValue: 50 }, averages, nodes)).toBe(wanted);
});

const CPU: ScalingPolicy = {
  name: 'cpu',
  targetValue: 50,
  metric: { Namespace: 'AWS/ElastiCache', MetricName: 'EngineCPUUtilization' },
  cooldownSeconds: 600,
};
const LOGINS: ScalingPolicy = {
  ...CPU,
  name: 'logins',
  metric: { Namespace: 'Shop', MetricName: 'Logins', Dimensions: [{ Name: 'Service', Value: 'web' }] },
};

function source(scaling: Partial<Scaling>, averages: Readonly<Record<string, readonly number[]>>): ScalingSource {
  return {
    scaling: async () => ({ minCapacity: 1, scalesIn: [], policies: [], ...scaling }),
    averages: async ({ name }) => averages[name] ?? [],
    close: () => undefined,
  };
}

const EIGHT = { nodes: 8, allowed: undefined, secondsSince: Infinity };

describe('how many nodes are wanted', () => {
  it('is what all policies agree on', async () => {
    const aws = source({ policies: [CPU, LOGINS] }, { cpu: minutes(10), logins: minutes(20) });
    expect(await desiredNodes(aws, EIGHT)).toEqual({ nodes: 4, warnings: [] });
  });

  it('is never below the minimum of AWS, which would add them again, and says so where the schedule asks for it', async () => {
    const policies = [CPU];
    const low = { cpu: minutes(1) };
    expect(await desiredNodes(source({ policies, minCapacity: 5 }, low), EIGHT)).toEqual({ nodes: 5, warnings: [] });
    const scheduled = { ...EIGHT, allowed: 3 };
    expect(await desiredNodes(source({ minCapacity: 5 }, {}), scheduled)).toEqual({
      nodes: 5,
      warnings: [expect.stringContaining('AWS keeps at least 5')],
    });
    // The minimum is above the number of nodes: AWS adds nodes, and the guard removes none.
    expect((await desiredNodes(source({ policies, minCapacity: 12 }, low), EIGHT)).nodes).toBe(8);
  });

  it('is as many as there are where CloudWatch has no data, and says which metric that is and what to do', async () => {
    const aws = source({ policies: [CPU, LOGINS] }, { cpu: minutes(1) });
    const { nodes, warnings } = await desiredNodes(aws, EIGHT);
    expect(nodes).toBe(8);
    expect(warnings).toEqual([expect.stringContaining('Shop Logins {Service=web}')]);
    expect(warnings[0]).toContain('no data of it for 15 minutes');
    expect(warnings[0]).toContain('Does something publish this metric');
  });

  it('is what the schedule allows, where the load is carried by more, and without a policy', async () => {
    expect(
      (await desiredNodes(source({ policies: [CPU] }, { cpu: minutes(45) }), { ...EIGHT, allowed: 6 })).nodes,
    ).toBe(6);
    expect((await desiredNodes(undefined, { ...EIGHT, allowed: 6 })).nodes).toBe(6);
    expect((await desiredNodes(undefined, EIGHT)).nodes).toBe(8);
  });

  it('waits after a scale-in for as long as the policy says', async () => {
    const aws = source({ policies: [CPU] }, { cpu: minutes(10) });
    expect((await desiredNodes(aws, { ...EIGHT, secondsSince: 599 })).nodes).toBe(8);
    expect((await desiredNodes(aws, { ...EIGHT, secondsSince: 600 })).nodes).toBe(2);
  });

  it('warns of a policy that scales in by itself', async () => {
    const { warnings } = await desiredNodes(source({ scalesIn: ['cpu'] }, {}), EIGHT);
    expect(warnings).toEqual([expect.stringContaining('DisableScaleIn')]);
  });
});
