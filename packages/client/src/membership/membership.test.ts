import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { health, inRotation, INTERVAL, membership, nodes, publish, SKEW } from '../../test/known-membership.ts';
import { isComplete } from './completeness.ts';
import { EMPTY_HISTORY, viewId, type History } from './history.ts';
import { closableViews } from './open-handovers.ts';
import { route } from './route.ts';

const [A, B, C] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211'];
/** From the last confirmation of a view until all clients act on another. */
const AGREED = 3 * INTERVAL + SKEW;

/** The history that another client with a view of `ids` would have written. */
function seenElsewhere(ids: readonly string[], since: number, confirmedAt: number, ttlSeconds = 60): History {
  const entry = {
    nodes: nodes(...ids),
    copies: 1,
    distribution: '',
    cause: 'discovery' as const,
    since,
    confirmedAt,
    ttlSeconds,
  };
  return { ...EMPTY_HISTORY, views: new Map([[viewId(entry), entry]]) };
}

describe('the order of writing', () => {
  it('follows the age that other clients know of the current view, also for a client that starts later', () => {
    const late = membership();
    late.listed(nodes(A, B), 100);
    const before = late.basis;
    late.learned(seenElsewhere([C], 50, 90), 110);
    late.learned(seenElsewhere([A, B], 10, 90), 110);
    expect(late.state && route('key', late.state, 120).targets).toEqual([expect.toBeOneOf([A, B]), C]);
    expect(late.basis).not.toBe(before);
  });
});

describe('a clock that was ahead', () => {
  it('delays no agreement, and its own client confirms again', () => {
    const hour = 3_600_000;
    const [good, bad] = [membership(), membership()];
    for (const each of [good, bad]) each.listed(nodes(A, B), 0);
    publish(bad, hour);
    good.learned(bad.history, 1_000);
    good.listed(nodes(A), 1_000);
    expect(good.state?.agreedAt).toBe(1_000 + 3 * INTERVAL + SKEW);
    // Confirmed again: others must see that, even though the time in the entry is in the future.
    bad.prune(2_000);
    publish(bad, 2_000 + INTERVAL);
    good.learned(bad.history, 2_000 + INTERVAL);
    expect(good.state?.agreedAt).toBe(2_000 + 4 * INTERVAL + SKEW);
  });
});

describe('the rotation', () => {
  it('is what discovery lists, less what is down or drained', () => {
    const own = membership();
    expect(own.listed(nodes(A, B, C), 0)).toBe(true);
    expect(health(own, B, 'down', 1)).toBe(true);
    expect(inRotation(own)).toEqual([A, C]);
    expect(own.current?.cause).toBe('node-down');
    expect(own.mark(C, 'draining', 2)).toBe(true);
    expect(inRotation(own)).toEqual([A]);
    expect(health(own, B, 'up', 3)).toBe(true);
    expect(own.mark(C, 'in rotation', 4)).toBe(true);
    expect(inRotation(own)).toEqual([A, B, C]);
  });

  it('is never empty: the last nodes are not ejected', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    health(own, A, 'down', 1);
    expect(health(own, B, 'down', 2)).toBe(true);
    expect(inRotation(own)).toEqual([A, B]);
    health(own, A, 'up', 3);
    health(own, B, 'up', 3);
    own.mark(A, 'draining', 4);
    own.mark(B, 'draining', 5);
    expect(inRotation(own)).toEqual([A, B]);
  });

  it('ends a drain that was done when the other nodes leave, because the node takes records again', () => {
    const [own, other] = [membership(), membership()];
    for (const each of [own, other]) each.listed(nodes(A, B), 0);
    own.mark(B, 'drained', 10);
    other.learned(own.history, 20);
    own.listed(nodes(B), 30);
    expect(inRotation(own)).toEqual([B]);
    expect(own.isEmptied(B)).toBe(false);
    other.learned(own.history, 40);
    expect(inRotation(other)).toEqual([A, B]);
    own.listed(nodes(B, C), 50);
    expect(inRotation(own)).toEqual([B, C]);
  });

  it('follows a drain that another client began, and its end', () => {
    const [one, other] = [membership(), membership()];
    for (const each of [one, other]) each.listed(nodes(A, B), 0);
    one.mark(B, 'draining', 10);
    expect(other.learned(one.history, 11)).toBe(true);
    expect(inRotation(other)).toEqual([A]);
    expect(other.current?.cause).toBe('drain');
    // Its clock is behind, but the later change must win anyway.
    other.mark(B, 'in rotation', 5);
    expect(one.learned(other.history, 12)).toBe(true);
    expect(inRotation(one)).toEqual([A, B]);
  });

  it('stays as it was when the distribution refuses a list', () => {
    const own = membership({
      distribution: (list) => {
        if (list.some(({ id }) => id === C)) throw new Error('not that one');
        return ketama(list);
      },
    });
    own.listed(nodes(A, B), 0);
    expect(() => own.listed(nodes(A, C), 1)).toThrow('not that one');
    expect(inRotation(own)).toEqual([A, B]);
    expect(health(own, B, 'down', 2)).toBe(true);
    expect(inRotation(own)).toEqual([A]);
  });

  it('has one view for the same nodes, however often they flap', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    publish(own, 0);
    for (let time = 1; time < 100; time += 2) {
      health(own, B, 'down', time);
      publish(own, time);
      health(own, B, 'up', time + 1);
      publish(own, time + 1);
    }
    expect(own.history.views.size).toBe(2);
    expect(own.current?.since).toBe(0);
  });
});

describe('a view that others act on', () => {
  it('is open until all agreed on another, and for the longest time to live after that', () => {
    const own = membership();
    own.learned(seenElsewhere([A, B], 0, 100, 60), 100);
    own.listed(nodes(A, B, C), 200);
    expect(own.state?.agreedAt).toBe(100 + AGREED);
    expect(own.state?.others.map(({ openUntil }) => openUntil)).toEqual([100 + AGREED + 60_000]);
    expect(own.isInAgreement(100 + AGREED - 1)).toBe(false);
    expect(own.isInAgreement(100 + AGREED)).toBe(true);
  });

  it('is open no shorter than the least window', () => {
    const own = membership({ windowSeconds: 90 });
    own.listed(nodes(A, B, C), 0);
    own.learned(seenElsewhere([A, B], 0, 100, 60), 100);
    expect(own.state?.others.map(({ openUntil }) => openUntil)).toEqual([100 + AGREED + 90_000]);
  });

  it('is open for the longest time to live of its own period', () => {
    const own = membership();
    const year = 31_536_000;
    own.listed(nodes(A), 0);
    own.announce(60, 'new', 0);
    own.announce(year, 'new', 0);
    publish(own, 0);
    // The next view starts with the usual time to live.
    own.listed(nodes(A, B), 1_000);
    publish(own, 1_000);
    own.listed(nodes(A, B, C), 2_000);
    expect(own.state?.others.map(({ openUntil }) => openUntil)).toEqual([
      1_000 + AGREED + year * 1000,
      2_000 + AGREED + 60_000,
    ]);
    // Sessions that are migrated into it live there for a year, too.
    own.announce(year - 2, 'remaining', 2_000);
    publish(own, 2_000);
    own.listed(nodes(B, C), 3_000);
    expect(own.state?.others.at(-1)?.openUntil).toBe(3_000 + AGREED + year * 1000);
  });

  it.each([
    ['is open for a record that is written while another client may act on it', AGREED - 1, 600],
    ['is open no longer for a record that is written when none acts on it', AGREED, 60],
  ])('%s', (_, now, expected) => {
    const own = membership();
    own.listed(nodes(A, B, C), 0);
    own.learned(seenElsewhere([A, B], 0, 0, 60), 0);
    publish(own, 0);
    const { viewChanges } = own;
    expect(own.announce(600, 'new', now)).toBe(true);
    const [other] = own.state?.others ?? [];
    expect(other?.openUntil).toBe(AGREED + expected * 1000);
    // It is written when all nodes have that.
    expect(own.viewChanges - viewChanges).toBe(expected === 600 ? 1 : 0);
    expect(own.announce(600, 'new', now)).toBe(false);
  });

  it('was acted on until the client turned to another, though it was not said lately', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    publish(own, 0);
    own.listed(nodes(A, B), 50 * INTERVAL);
    expect(own.state?.agreedAt).toBe(50 * INTERVAL + AGREED);
  });

  it('may be unknown while the history that was read did not hold all', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    own.learned({ ...seenElsewhere([A, B], 0, 100), isWhole: true, truncatedUntil: 900 }, 100);
    expect([899, 900].map((now) => isComplete(own.history, { now: () => now }))).toEqual([false, true]);
    own.prune(900);
    expect(own.history.truncatedUntil).toBe(0);
  });

  it('puts off the agreement with every confirmation', () => {
    const own = membership();
    own.listed(nodes(A, B, C), 0);
    own.learned(seenElsewhere([A, B], 0, 100), 100);
    own.learned(seenElsewhere([A, B], 0, 900), 900);
    expect(own.state?.agreedAt).toBe(900 + AGREED);
    // An older confirmation changes nothing.
    own.learned(seenElsewhere([A, B], 0, 500), 950);
    expect(own.state?.agreedAt).toBe(900 + AGREED);
  });

  it('is forgotten when its window is over, and the current one never', () => {
    const own = membership();
    own.listed(nodes(A, B, C), 0);
    publish(own, 0);
    own.learned(seenElsewhere([A, B], 0, 100, 60), 100);
    own.prune(100 + AGREED + 59_999);
    expect(own.history.views.size).toBe(2);
    own.prune(100 + AGREED + 60_000);
    expect([...own.history.views.keys()]).toEqual([own.current?.id]);
    own.prune(1e12);
    expect([...own.history.views.keys()]).toEqual([own.current?.id]);
  });

  it('keeps its nodes known, listed or not', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    own.learned(seenElsewhere([A, B], 0, 100), 100);
    expect([...own.nodes()].toSorted()).toEqual([A, B]);
  });

  it('waits for no node that left discovery and does not answer', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    health(own, B, 'down', 1);
    expect(own.state?.gone.has(B)).toBe(false);
    own.listed(nodes(A), 2);
    expect(own.state?.gone.has(B)).toBe(true);
  });

  it('waits for one that does not answer here, as long as others may act on a list with it', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    own.learned(seenElsewhere([A, B], 0, 100), 100);
    health(own, B, 'down', 200, false);
    expect(own.state?.gone.has(B)).toBe(false);
    own.prune(100 + AGREED);
    expect(own.state?.gone.has(B)).toBe(true);
    own.learned(seenElsewhere([A, B], 0, 5_000), 5_000);
    expect(own.state?.gone.has(B)).toBe(false);
  });
});

describe('what the nodes should know', () => {
  it('is the current view, confirmed anew when the last confirmation is an interval old', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    publish(own, 0);
    expect(own.wanted(INTERVAL - 1)).toBe(own.history);
    expect(own.wanted(INTERVAL).views.get(A)?.confirmedAt).toBe(INTERVAL);
    expect(own.history.views.get(A)?.confirmedAt).toBe(0);
  });

  it('is no view that reached no node', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    own.listed(nodes(A, B), 1);
    expect([...own.wanted(2).views.keys()]).toEqual([own.current?.id]);
  });

  it('is the longest time to live before anything is written for so long', () => {
    const own = membership();
    own.listed(nodes(A), 0);
    expect(own.announce(60, 'new', 0)).toBe(true);
    expect(own.announce(60, 'new', 0)).toBe(false);
    expect(own.announce(10, 'new', 0)).toBe(false);
    expect([...own.wanted(1).views.values()].map(({ ttlSeconds }) => ttlSeconds)).toEqual([60]);
  });
});

describe('the mark of a finished handover', () => {
  it('ends with the window of its view, and does not come back with a history from before', () => {
    const own = membership();
    own.listed(nodes(A, B), 0);
    own.announce(60, 'new', 0);
    publish(own, 0);
    own.listed(nodes(A, B, C), 10);
    own.announce(60, 'new', 0);
    publish(own, 10);
    const later = 2 * AGREED;
    const views = closableViews(own, later) ?? [];
    expect(views).toHaveLength(1);
    own.close(views, true, later);
    const { history } = own;
    expect(history.closings.size).toBe(1);
    own.storedEverywhere(history, later);
    own.prune(later);
    // The view is forgotten; its mark keeps a client that slept from opening it again.
    expect(own.history.views.size).toBe(1);
    expect(own.history.closings.size).toBe(1);
    const over = 10 + AGREED + 60_000;
    own.prune(over);
    expect(own.history.closings.size).toBe(0);
    own.learned(history, over);
    own.prune(over);
    expect(own.history.closings.size).toBe(0);
    expect(own.state?.others).toEqual([]);
  });
});
