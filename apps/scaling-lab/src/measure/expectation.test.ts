import { describe, expect, it } from 'vitest';
import { expectationOf, tolerance, type Change } from './expectation.ts';
import { SCENARIOS, type Phase, type ScenarioName } from '../scenarios/scenarios.ts';
import { STRATEGIES } from '../apps/strategies.ts';

const [A, B, C, D] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211', '10.0.0.4:11211'].map((id) => ({ id })) as [
  Node,
  Node,
  Node,
  Node,
];
interface Node {
  readonly id: string;
}

const UNCHANGED: Change = { before: [A, B, C], after: [A, B, C], victims: [] };
const ADDED: Change = { before: [A, B, C], after: [A, B, C, D], victims: [] };
const REMOVED: Change = { before: [A, B, C, D], after: [A, B, C], victims: [D.id] };
const CRASHED: Change = { before: [A, B, C], after: [A, B, C], victims: [B.id] };
const DROPPED: Change = { before: [A, B, C], after: [A, C], victims: [B.id] };
const REPLACED: Change = { before: [A, B, C], after: [A, C, D], victims: [B.id] };

function phase(scenario: ScenarioName, place = 0): Phase {
  const found = SCENARIOS[scenario].phases[place];
  if (found === undefined) throw new Error(`${scenario} has no phase ${place}`);
  return found;
}

describe('expectationOf', () => {
  const { sess, modulo, ketama, memcache } = STRATEGIES;
  const drained = STRATEGIES['sess-drain'];

  it('expects nobody to be logged out when nothing happens to the nodes', () => {
    for (const strategy of [sess, ketama, modulo, memcache]) {
      expect(expectationOf(phase('app-kill'), strategy, 1, UNCHANGED)).toEqual({ loggedOut: 0, unavailable: 0 });
    }
  });

  it('expects a handover to keep what moves to a node that is added, ketama to lose a quarter, and modulo three', () => {
    expect(expectationOf(phase('scale-up'), sess, 1, ADDED).loggedOut).toBe(0);
    expect(expectationOf(phase('scale-up'), ketama, 1, ADDED).loggedOut).toBeCloseTo(1 / 4, 1);
    expect(expectationOf(phase('scale-up'), modulo, 1, ADDED).loggedOut).toBeCloseTo(3 / 4, 1);
  });

  it('expects nothing of a distribution that it does not know, where nodes change', () => {
    expect(expectationOf(phase('scale-up'), memcache, 1, ADDED)).toEqual({ loggedOut: undefined, unavailable: 0 });
  });

  it('expects one copy to go with the node that is removed, about a quarter, and nothing when it is drained before', () => {
    expect(expectationOf(phase('scale-down'), sess, 1, REMOVED).loggedOut).toBeCloseTo(1 / 4, 1);
    expect(expectationOf(phase('scale-down'), drained, 1, REMOVED).loggedOut).toBe(0);
    expect(expectationOf(phase('scale-down'), modulo, 1, REMOVED).loggedOut).toBeCloseTo(3 / 4, 1);
  });

  it('expects the sessions of a crashed node to be out of reach while it is listed, and lost when it is dropped', () => {
    const listed = expectationOf(phase('crash'), sess, 1, CRASHED);
    const dropped = expectationOf(phase('crash', 1), sess, 1, DROPPED);
    expect(listed.loggedOut).toBe(0);
    expect(listed.unavailable).toBeCloseTo(1 / 3, 1);
    expect(dropped).toEqual({ loggedOut: listed.unavailable, unavailable: 0 });
  });

  it('expects sess to lose no more than the crashed node held when another takes its place', () => {
    const crashed = expectationOf(phase('crash'), sess, 1, CRASHED).unavailable;
    expect(expectationOf(phase('replace'), sess, 1, REPLACED).loggedOut).toBe(crashed);
    expect(expectationOf(phase('replace-in-place'), sess, 1, CRASHED).loggedOut).toBe(crashed);
    expect(expectationOf(phase('replace'), modulo, 1, REPLACED).loggedOut).toBeGreaterThan(1 / 2);
  });

  it('expects two copies to lose nothing with one node', () => {
    for (const scenario of ['crash', 'scale-down', 'replace', 'replace-in-place', 'restart'] as const) {
      expect(expectationOf(phase(scenario), sess, 2, CRASHED)).toEqual({ loggedOut: 0, unavailable: 0 });
    }
    expect(expectationOf(phase('crash'), modulo, 1, CRASHED).unavailable).toBeCloseTo(1 / 3, 1);
  });

  it('expects two copies to lose with a zone what both were in, and nothing where copies are in different zones', () => {
    const zoned = STRATEGIES['sess-zones'];
    const listed = phase('zone-lost');
    const inZones = [A, B, C, D].map((node, place) => ({ ...node, zone: place % 2 === 0 ? 'one' : 'two' }));
    const lost = { before: inZones, after: inZones, victims: [B.id, D.id] };
    expect(expectationOf(listed, zoned, 2, lost)).toEqual({ loggedOut: 0, unavailable: 0 });
    // The second node of a key is any of the other three.
    const unaware = { ...lost, before: [A, B, C, D] };
    expect(expectationOf(listed, STRATEGIES['sess-2-copies'], 2, unaware).unavailable).toBeCloseTo(1 / 2 / 3, 1);
    expect(expectationOf(phase('zone-lost', 1), STRATEGIES['sess-2-copies'], 2, unaware).loggedOut).toBeCloseTo(
      1 / 6,
      1,
    );
    expect(expectationOf(listed, sess, 1, unaware).unavailable).toBeCloseTo(1 / 2, 1);
  });

  it('expects two nodes, one after the other, to take along what one copy had there, and nothing of two', () => {
    const both = { before: [A, B, C], after: [A, B, C], victims: [A.id, B.id] };
    expect(expectationOf(phase('one-after-the-other'), sess, 1, both).loggedOut).toBeCloseTo(2 / 3, 1);
    expect(expectationOf(phase('one-after-the-other'), sess, 2, both).loggedOut).toBe(0);
    expect(expectationOf(phase('one-after-the-other'), ketama, 1, both).loggedOut).toBeCloseTo(2 / 3, 1);
  });

  it('expects a node to take nothing along when its handover is finished, where handovers are', () => {
    const stopped = { before: [A, B, C], after: [B, C, D], victims: [A.id] };
    const at = phase('finished-then-removed');
    expect(expectationOf(at, sess, 1, stopped).loggedOut).toBe(0);
    expect(expectationOf(at, sess, 1, stopped, false).loggedOut).toBeCloseTo(1 / 3, 1);
    expect(expectationOf(at, modulo, 1, stopped).loggedOut).toBeGreaterThan(1 / 2);
  });

  it('expects a database to have what is on no node, with one copy, also while a node is listed that has crashed', () => {
    const backed = STRATEGIES['sess-database'];
    for (const [scenario, place] of [
      ['crash', 0],
      ['crash', 1],
      ['restart', 0],
      ['replace', 0],
      ['replace-in-place', 0],
    ] as const) {
      expect(expectationOf(phase(scenario, place), backed, 1, CRASHED)).toEqual({ loggedOut: 0, unavailable: 0 });
      expect(expectationOf(phase(scenario, place), sess, 1, CRASHED)).not.toEqual({ loggedOut: 0, unavailable: 0 });
    }
  });

  it('expects nodes that are drained one after another to take nothing along, and knows nothing of the number without', () => {
    expect(expectationOf(phase('rolling-replacement'), drained, 1, REPLACED).loggedOut).toBe(0);
    expect(expectationOf(phase('rolling-replacement'), sess, 1, REPLACED).loggedOut).toBeUndefined();
  });

  it('expects nobody to be logged out by a rolling replacement that waits for the copies, where they can be restored', () => {
    expect(expectationOf(phase('rolling-replacement'), sess, 2, REPLACED).loggedOut).toBeUndefined();
    expect(expectationOf(phase('rolling-in-peace'), sess, 2, REPLACED).loggedOut).toBe(0);
    expect(expectationOf(phase('rolling-in-peace'), sess, 2, REPLACED, false).loggedOut).toBeUndefined();
    expect(expectationOf(phase('rolling-in-peace'), sess, 1, REPLACED).loggedOut).toBeUndefined();
    expect(expectationOf(phase('rolling-in-peace'), drained, 1, REPLACED).loggedOut).toBe(0);
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
