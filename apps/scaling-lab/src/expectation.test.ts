import { describe, expect, it } from 'vitest';
import { expectationOf, tolerance } from './expectation.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { STRATEGIES } from './strategies.ts';

const nodes = (count: number): { id: string }[] => Array.from({ length: count }, (_, place) => ({ id: `10.0.0.${place + 1}:11211` }));
const phase = (scenario: Scenario, place = 0): Scenario['phases'][number] => {
  const found = scenario.phases[place];
  if (found === undefined) throw new Error('no such phase');
  return found;
};

describe('expectationOf', () => {
  it('expects nobody to be logged out when nothing happens to the nodes', () => {
    const change = { before: nodes(3), after: nodes(3), victim: undefined };
    expect(expectationOf(phase(SCENARIOS['app-kill']), STRATEGIES.ketama, change)).toEqual({ loggedOut: 0, unavailable: 0 });
  });

  it('expects ketama to lose about a quarter, and modulo about three quarters, when a fourth node joins three', () => {
    const change = { before: nodes(3), after: nodes(4), victim: undefined };
    expect(expectationOf(phase(SCENARIOS['scale-up']), STRATEGIES.ketama, change).loggedOut).toBeCloseTo(1 / 4, 1);
    expect(expectationOf(phase(SCENARIOS['scale-up']), STRATEGIES.modulo, change).loggedOut).toBeCloseTo(3 / 4, 1);
  });

  it('expects the sessions of a crashed node to be out of reach while it is listed, and lost when it is dropped', () => {
    const [first, second, third] = nodes(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three nodes were asked for');
    const before = [first, second, third];
    const listed = expectationOf(phase(SCENARIOS.crash), STRATEGIES.ketama, { before, after: before, victim: second.id });
    const dropped = expectationOf(phase(SCENARIOS.crash, 1), STRATEGIES.ketama, { before, after: [first, third], victim: second.id });
    expect(listed.loggedOut).toBe(0);
    expect(listed.unavailable).toBeCloseTo(1 / 3, 1);
    expect(dropped.loggedOut).toBeCloseTo(listed.unavailable, 10);
    expect(dropped.unavailable).toBe(0);
  });
});

describe('tolerance', () => {
  it('is four standard deviations of a sample of that size', () => {
    expect(tolerance(0.25, 2_000)).toBeCloseTo(4 * 0.009_682, 5);
  });

  it('leaves no room where nobody is expected', () => {
    expect(tolerance(0, 60)).toBe(0);
  });
});
