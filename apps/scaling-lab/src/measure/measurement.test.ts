import { describe, expect, it } from 'vitest';
import { objectionsTo, type Measurement } from './measurement.ts';
import { tally, type Outcome } from '../users/outcome.ts';

function measured(
  found: Partial<Record<Outcome, number>>,
  more: Partial<Measurement> = {},
): Omit<Measurement, 'objections'> {
  return {
    scenario: 'scale-up',
    phase: 'added',
    strategy: 'sess',
    nodesBefore: 3,
    nodesAfter: 4,
    users: 1_000,
    found: { ...tally([]), ...found },
    causes: undefined,
    crossReads: { fastifyToKoa: 0, koaToFastify: 0 },
    sawOlder: 0,
    left: 20,
    revived: 0,
    nodeRequests: { seen: 150, baseline: 150 },
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
    expect(objectionsTo(measured({ 'logged-out': 304 }), true, false)).toEqual([]);
  });

  it('objects to one more than that, of a strategy that is judged', () => {
    expect(objectionsTo(measured({ 'logged-out': 305 }), true, false)).toEqual([
      '305 of 1000 users were logged out; at most 304 were to be expected',
    ]);
    expect(objectionsTo(measured({ 'logged-out': 305 }), false, false)).toEqual([]);
  });

  it('objects to a single user out of reach, unanswered or shown an older state, and to a single logout undone, where nobody should be', () => {
    const objections = objectionsTo(measured({ unavailable: 1, failed: 1 }, { sawOlder: 1, revived: 1 }), true, false);
    expect(objections).toHaveLength(4);
    expect(objections.join('\n')).toMatch(
      /out of reach.*no proper answer.*older state.*1 of 20 users who had logged out were logged in again/s,
    );
  });

  it('allows an older state where a node returns with old data, but no logout to be undone', () => {
    expect(objectionsTo(measured({}, { sawOlder: 3 }), true, true)).toEqual([]);
    expect(objectionsTo(measured({}, { revived: 1 }), true, true)).toHaveLength(1);
  });

  it('takes any number where theory says nothing', () => {
    expect(
      objectionsTo(
        measured({ 'logged-out': 900 }, { expected: { loggedOut: undefined, unavailable: 0 } }),
        true,
        false,
      ),
    ).toEqual([]);
  });

  it("objects to somebody else's profile, whatever the strategy", () => {
    expect(objectionsTo(measured({ stranger: 1 }), false, false)).toEqual(["1 users saw somebody else's profile"]);
  });
});
