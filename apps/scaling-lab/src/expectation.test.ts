import { describe, expect, it } from 'vitest';
import { expectationOf, tolerance, type Change } from './expectation.ts';
import { SCENARIOS, type Phase, type ScenarioName } from './scenarios.ts';
import { STRATEGIES } from './strategies.ts';

const [A, B, C, D] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211', '10.0.0.4:11211'].map((id) => ({ id })) as [
  Node,
  Node,
  Node,
  Node,
];
interface Node {
  readonly id: string;
}

const UNCHANGED: Change = { before: [A, B, C], after: [A, B, C], victim: undefined };
const ADDED: Change = { before: [A, B, C], after: [A, B, C, D], victim: undefined };
const REMOVED: Change = { before: [A, B, C, D], after: [A, B, C], victim: D.id };
const CRASHED: Change = { before: [A, B, C], after: [A, B, C], victim: B.id };
const DROPPED: Change = { before: [A, B, C], after: [A, C], victim: B.id };
const REPLACED: Change = { before: [A, B, C], after: [A, C, D], victim: B.id };

function phase(scenario: ScenarioName, place = 0): Phase {
  const found = SCENARIOS[scenario].phases[place];
  if (found === undefined) throw new Error(`${scenario} has no phase ${place}`);
  return found;
}

describe('expectationOf', () => {
  const { ketama, modulo } = STRATEGIES;

  it('expects nobody to be logged out when nothing happens to the nodes', () => {
    for (const strategy of [ketama, modulo]) {
      expect(expectationOf(phase('app-kill'), strategy, 1, UNCHANGED)).toEqual({ loggedOut: 0, unavailable: 0 });
    }
  });

  it('expects a handover to keep what moves to a node that is added, and modulo to lose about three quarters', () => {
    expect(expectationOf(phase('scale-up'), ketama, 1, ADDED).loggedOut).toBe(0);
    expect(expectationOf(phase('scale-up'), modulo, 1, ADDED).loggedOut).toBeCloseTo(3 / 4, 1);
  });

  it('expects ketama to lose what only a removed node held, about a quarter, and modulo about three quarters', () => {
    expect(expectationOf(phase('scale-down'), ketama, 1, REMOVED).loggedOut).toBeCloseTo(1 / 4, 1);
    expect(expectationOf(phase('scale-down'), modulo, 1, REMOVED).loggedOut).toBeCloseTo(3 / 4, 1);
  });

  it('expects the sessions of a crashed node to be out of reach while it is listed, and lost when it is dropped', () => {
    const listed = expectationOf(phase('crash'), ketama, 1, CRASHED);
    const dropped = expectationOf(phase('crash', 1), ketama, 1, DROPPED);
    expect(listed.loggedOut).toBe(0);
    expect(listed.unavailable).toBeCloseTo(1 / 3, 1);
    expect(dropped).toEqual({ loggedOut: listed.unavailable, unavailable: 0 });
  });

  it('expects ketama to lose no more than the crashed node held when another takes its place', () => {
    const crashed = expectationOf(phase('crash'), ketama, 1, CRASHED).unavailable;
    expect(expectationOf(phase('replace'), ketama, 1, REPLACED).loggedOut).toBe(crashed);
    expect(expectationOf(phase('replace'), modulo, 1, REPLACED).loggedOut).toBeGreaterThan(1 / 2);
  });

  it('expects two copies to lose nothing with one node', () => {
    expect(expectationOf(phase('crash'), ketama, 2, CRASHED)).toEqual({ loggedOut: 0, unavailable: 0 });
    expect(expectationOf(phase('crash'), modulo, 2, CRASHED).unavailable).toBeCloseTo(1 / 3, 1);
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
