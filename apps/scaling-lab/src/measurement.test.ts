import { describe, expect, it } from 'vitest';
import { objectionsTo, type Measurement } from './measurement.ts';
import { tally, type Outcome } from './outcome.ts';

function measured(found: Partial<Record<Outcome, number>>, more: Partial<Measurement> = {}): Omit<Measurement, 'objections'> {
  return {
    scenario: 'scale-up',
    phase: 'added',
    strategy: 'ketama',
    nodesBefore: 3,
    nodesAfter: 4,
    users: 1_000,
    found: { ...tally([]), ...found },
    crossReads: { fastifyToKoa: 0, koaToFastify: 0 },
    cartsBehind: 0,
    traffic: tally([]),
    expected: { loggedOut: 0.25, unavailable: 0 },
    eventMs: 1,
    countMs: 1,
    ...more,
  };
}

describe('objectionsTo', () => {
  it('has none when as many were logged out as chance allows', () => {
    // 250 and four standard deviations of 13.7
    expect(objectionsTo(measured({ 'logged-out': 304 }), true)).toEqual([]);
  });

  it('objects to one more than that, of a strategy that is judged', () => {
    expect(objectionsTo(measured({ 'logged-out': 305 }), true)).toEqual(['305 of 1000 users logged out; at most 304 were to be expected']);
    expect(objectionsTo(measured({ 'logged-out': 305 }), false)).toEqual([]);
  });

  it('objects to a single user out of reach, unanswered or with a cart that went back, where nobody should be', () => {
    const objections = objectionsTo(measured({ unavailable: 1, failed: 1 }, { cartsBehind: 1 }), true);
    expect(objections).toHaveLength(3);
    expect(objections.join('\n')).toMatch(/out of reach.*no proper answer.*went back/s);
  });

  it("objects to somebody else's profile, whatever the strategy", () => {
    expect(objectionsTo(measured({ stranger: 1 }), false)).toEqual(["1 users saw somebody else's profile"]);
  });
});
