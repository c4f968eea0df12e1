import { describe, expect, it } from 'vitest';

import { AUTO_SCALING_SCENARIOS, isPromised, type AutoScalingScenarioName } from './scenarios.ts';
import { SCALING_STRATEGIES, type ScalingStrategyName } from './strategies.ts';

const ALL = Object.keys(AUTO_SCALING_SCENARIOS) as AutoScalingScenarioName[];

function promisedTo(strategy: ScalingStrategyName): readonly AutoScalingScenarioName[] {
  return ALL.filter((name) => isPromised(AUTO_SCALING_SCENARIOS[name], SCALING_STRATEGIES[strategy]));
}

describe('isPromised', () => {
  it('with the guard: everything that is planned', () => {
    const planned = ALL.filter((name) => name !== 'zone-outage');
    expect(promisedTo('sess-guard')).toEqual(planned);
    expect(promisedTo('sess-2-copies-guard')).toEqual(planned);
  });

  it('with two copies: where one node goes at a time, and with zones also where one of them is lost', () => {
    expect(promisedTo('sess-2-copies')).toEqual(['one-by-one', 'replacement']);
    expect(promisedTo('sess-zones')).toEqual(['one-by-one', 'replacement', 'zone-outage']);
  });

  it('with one copy and AWS as it is, or with another library: nothing', () => {
    for (const strategy of ['sess', 'sess-pre-drain', 'modulo', 'ketama'] as const)
      expect(promisedTo(strategy)).toEqual([]);
  });
});
