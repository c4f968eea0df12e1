import { describe, expect, it } from 'vitest';

import { inRotation, INTERVAL, membership, nodes, publish, rotation, SKEW } from '../../test/known-membership.ts';
import { EMPTY_HISTORY } from './history.ts';

const [A, B, C] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211'];

describe('a drain', () => {
  it('does not look abandoned when the clock was behind', () => {
    const [drainer, other] = [membership(), membership()];
    for (const each of [drainer, other]) each.listed(nodes(A, B), 0);
    drainer.mark(B, 'draining', 10);
    other.learned(drainer.history, 20);
    other.endDrains(20);
    other.adopted({ since: 15, byMs: 60 * INTERVAL }, 60 * INTERVAL + 30);
    other.endDrains(60 * INTERVAL + 30);
    expect(inRotation(other)).toEqual([A]);
    other.endDrains(70 * INTERVAL);
    expect(inRotation(other)).toEqual([A, B]);
  });

  it('is not taken for one of a new node that was listed again after the clock was behind', () => {
    const other = membership();
    other.listed(nodes(A, B), 0);
    const drains = new Map([[B, { drained: true, isDone: true, began: 60 * INTERVAL, at: 60 * INTERVAL }]]);
    other.learned({ ...EMPTY_HISTORY, drains }, INTERVAL);
    other.listed(nodes(A), INTERVAL + 100);
    const now = 71 * INTERVAL;
    other.adopted({ since: 900, byMs: 70 * INTERVAL }, now);
    other.listed(nodes(A, B), now + 100);
    expect(inRotation(other)).toEqual([A, B]);
  });

  it('is over when another client puts the node back, whatever is renewed meanwhile', () => {
    const [drainer, other] = [membership(), membership()];
    for (const each of [drainer, other]) each.listed(nodes(A, B), 0);
    drainer.mark(B, 'draining', 10);
    other.learned(drainer.history, 20);
    other.mark(B, 'in rotation', 30);
    publish(drainer, 10 * INTERVAL);
    expect(drainer.history.drains.get(B)?.at).toBeGreaterThan(30);
    const told = drainer.history;
    drainer.learned(other.history, 10 * INTERVAL + 1);
    other.learned(told, 10 * INTERVAL + 1);
    for (const each of [drainer, other]) expect(inRotation(each)).toContain(B);
  });

  it('holds against the end of one before it, also that of a client whose clock is ahead', () => {
    const [ahead, own] = [membership(), membership()];
    for (const each of [ahead, own]) each.listed(nodes(A, B), 0);
    ahead.mark(B, 'draining', 3_600_000);
    ahead.mark(B, 'in rotation', 3_600_001);
    own.learned(ahead.history, 1);
    own.mark(B, 'draining', 2);
    own.learned(ahead.history, 3);
    expect(inRotation(own)).toEqual([A]);
  });

  it('that nobody renews for nine intervals is over, counted from when the last renewal was seen; one that is done is not', () => {
    const own = membership();
    own.listed(nodes(A, B, C), 0);
    const [drainer, done] = [membership(), membership()];
    for (const each of [drainer, done]) each.listed(nodes(A, B, C), 0);
    drainer.mark(B, 'draining', 0);
    done.mark(C, 'drained', 0);
    for (const each of [drainer, done]) own.learned(each.history, 0);
    own.endDrains(0);
    // Renewed once.
    publish(drainer, 5 * INTERVAL);
    own.learned(drainer.history, 5 * INTERVAL);
    own.endDrains(5 * INTERVAL);
    own.endDrains(14 * INTERVAL);
    expect(inRotation(own)).toEqual([A]);
    own.endDrains(14 * INTERVAL + SKEW);
    expect(inRotation(own)).toEqual([A, B]);
  });

  it('that is done is renewed by who lists the node, and forgotten after thirty intervals by who does not', () => {
    const [lister, other] = [membership(), membership()];
    const renewedAt = 100 + INTERVAL;
    lister.listed(nodes(A, B), 0);
    lister.mark(B, 'drained', 100);
    publish(lister, renewedAt);
    expect(lister.history.drains.get(B)?.at).toBe(renewedAt);
    other.listed(nodes(A), renewedAt);
    other.learned(lister.history, renewedAt);
    const forgottenAt = renewedAt + 30 * INTERVAL + SKEW + 1;
    publish(other, forgottenAt - 1);
    other.prune(forgottenAt - 1);
    expect(other.history.drains.get(B)?.at).toBe(renewedAt);
    other.prune(forgottenAt);
    expect(other.history.drains.has(B)).toBe(false);
    // A node that still has it changes nothing.
    other.learned(lister.history, forgottenAt);
    expect(other.history.drains.has(B)).toBe(false);
  });
});

describe('a node that was drained', () => {
  it('is in rotation again when it left the list and came back', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    own.mark(B, 'draining', 1_000);
    expect(rotation(own).isDrained(B)).toBe(true);
    own.listed(nodes(A), 5_000);
    own.listed(nodes(A, B), 6_000);
    expect(rotation(own).isDrained(B)).toBe(false);
    expect(inRotation(own)).toEqual([A, B]);
  });

  it('stays out for a client that hears of it only after the drain began', () => {
    const [own, late] = [membership(), membership()];
    late.listed(nodes(A), 0);
    own.listed(nodes(A, B), 500);
    own.mark(B, 'draining', 1_000);
    late.learned(own.history, 1_100);
    late.listed(nodes(A, B), 1_200);
    expect(rotation(late).isDrained(B)).toBe(true);
    expect(inRotation(late)).toEqual([A]);
  });

  it('can be the last one in rotation for nobody', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    expect(rotation(own).canSpare(B)).toBe(true);
    own.mark(A, 'draining', 1);
    expect(rotation(own).canSpare(B)).toBe(false);
    expect(rotation(own).canSpare(A)).toBe(true);
  });
});
