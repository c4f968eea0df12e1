import { ketama } from '@sess/hash-ring';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { route, secondsOn, type OpenView, type RoutingState } from './route.ts';
import { createView, type View } from './view.ts';

const NOW = 1_000_000;
const IDS = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211', '10.0.0.4:11211'];
const KEYS = Array.from({ length: 200 }, (_, number) => `key-${number}`);

function view(ids: readonly string[], since: number, copies = 1): View {
  const nodes = ids.map((id) => ({ id, weight: 1 }));
  return createView({ nodes, copies, distribution: '', cause: 'discovery', since }, (list) => ketama(list));
}

function open(ids: readonly string[], since: number, openUntil = NOW + 60_000, copies = 1): OpenView {
  return { view: view(ids, since, copies), confirmedAt: since, openUntil, agreedAfter: since, stage: 'open' };
}

function stateOf(given: Partial<RoutingState> & Pick<RoutingState, 'current'>): RoutingState {
  return {
    others: [],
    agreedAt: 0,
    gone: new Set(),
    drained: new Set(),
    emptied: new Set(),
    aliases: new Map(),
    clockSkewMs: 5_000,
    ...given,
  };
}

/** A key whose owner is `now` in one list, and `then` in another. */
function keyThatMoves(before: readonly string[], then: string, after: readonly string[], now: string): string {
  const [old, current] = [view(before, 0), view(after, 0)];
  const key = KEYS.find(
    (candidate) => old.distribution.owner(candidate).id === then && current.distribution.owner(candidate).id === now,
  );
  if (key === undefined) throw new Error(`no key moves from ${then} to ${now}`);
  return key;
}

const [A = '', B = '', C = ''] = IDS;

describe('a route', () => {
  it('goes to a machine once that an earlier view has under another name', () => {
    const [earlier, current] = [open([C], 0), view([A], 10)];
    const aliases = new Map([[C, A]]);
    const [key = ''] = KEYS;
    expect(route(key, stateOf({ current, others: [earlier], aliases }), NOW)).toMatchObject({
      mode: 'settled',
      owners: [A],
      elders: [],
      targets: [A],
    });
    expect(route(key, stateOf({ current, others: [earlier] }), NOW)).toMatchObject({ elders: [C], targets: [C, A] });
  });

  it('is settled when no other view is open', () => {
    const current = view([A, B, C], 10);
    for (const key of KEYS) {
      const owner = current.distribution.owner(key).id;
      expect(route(key, stateOf({ current, others: [open([A, B], 5, NOW)] }), NOW)).toMatchObject({
        owners: [owner],
        elders: [],
        targets: [owner],
        mode: 'settled',
        elderEndsAt: new Map(),
      });
    }
  });

  it('has the owners of earlier views as elders until their window ends', () => {
    const key = keyThatMoves([A, B], A, [A, B, C], C);
    const state = stateOf({ current: view([A, B, C], 10), others: [open([A, B], 5)], agreedAt: NOW + 1_000 });
    expect(route(key, state, NOW)).toMatchObject({
      owners: [C],
      elders: [A],
      targets: [A, C],
      elderEndsAt: new Map([[A, NOW + 60_000]]),
    });
    expect(route(key, state, NOW + 60_000)).toMatchObject({ owners: [C], elders: [], targets: [C], mode: 'settled' });
  });

  it('has each elder for its own window, however long that of another is', () => {
    const key = keyThatMoves([A], A, [A, B, C], C);
    const before = [A, B].find((id) => view([A, B], 0).distribution.owner(key).id === id) ?? '';
    const others = [open([A], 1, NOW + 10_000), open([A, B], 5, NOW + 60_000)];
    const { elderEndsAt } = route(key, stateOf({ current: view([A, B, C], 10), others }), NOW);
    expect(elderEndsAt.get(A)).toBe(before === A ? NOW + 60_000 : NOW + 10_000);
    expect(secondsOn(A, 3_600, { ...route(key, stateOf({ current: view([A, B, C], 10), others }), NOW) }, NOW)).toBe(
      before === A ? 60 : 10,
    );
  });

  it('goes by the copies of each view, its own and the others', () => {
    const state = stateOf({
      current: view([A, B, C], 10, 1),
      others: [open([A, B, C], 5, NOW + 60_000, 2)],
      agreedAt: NOW + 1,
    });
    for (const key of KEYS.slice(0, 20)) {
      const both = view([A, B, C], 0, 2)
        .distribution.owners(key, 2)
        .map(({ id }) => id);
      expect(route(key, state, NOW)).toMatchObject({
        owners: [both[0]],
        elders: [both[1]],
        targets: both,
        mode: 'overlap',
      });
    }
  });

  it('is in overlap until all clients agree, and in handover from then on', () => {
    const key = keyThatMoves([A, B], A, [A, B, C], C);
    const state = stateOf({ current: view([A, B, C], 10), others: [open([A, B], 5)], agreedAt: NOW });
    expect(route(key, state, NOW - 1).mode).toBe('overlap');
    expect(route(key, state, NOW).mode).toBe('handover');
  });

  it('is settled for the keys that a change does not concern', () => {
    const key = keyThatMoves([A, B], A, [A, B, C], A);
    const state = stateOf({ current: view([A, B, C], 10), others: [open([A, B], 5)], agreedAt: NOW + 1_000 });
    expect(route(key, state, NOW)).toMatchObject({ owners: [A], elders: [], mode: 'settled' });
  });

  it('doubts an owner that was none in a view that is still open, even when its holder is gone', () => {
    const key = keyThatMoves([A, B], A, [B, C], C);
    const state = stateOf({ current: view([B, C], 10), others: [open([A, B], 5)], gone: new Set([A]) });
    expect(route(key, state, NOW)).toMatchObject({
      owners: [C],
      elders: [],
      targets: [C],
      mode: 'handover',
      elderEndsAt: new Map(),
    });
  });

  it('is asked of nodes that a newer view names, which this client knows only from others', () => {
    const key = keyThatMoves([A, B, C], C, [A, B], A);
    const state = stateOf({ current: view([A, B], 5), others: [open([A, B, C], 10)], agreedAt: NOW + 1 });
    expect(route(key, state, NOW)).toMatchObject({ owners: [A], elders: [C], targets: [A, C], mode: 'overlap' });
  });

  it('asks a drained node, and needs no answer from it', () => {
    const key = keyThatMoves([A, B], A, [B, C], C);
    const given = { current: view([B, C], 10), others: [open([A, B], 5)], drained: new Set([A]) };
    expect(route(key, stateOf(given), NOW)).toMatchObject({ elders: [A], targets: [A, C], groups: [[C]] });
    expect(route(key, stateOf({ ...given, emptied: new Set([A]) }), NOW)).toMatchObject({ elders: [], targets: [C] });
  });

  it('needs no answer from the other copies of a drained node either: all is on the owners', () => {
    const before = open([A, B, C], 5, NOW + 60_000, 2);
    const state = stateOf({ current: view([B, C], 10, 2), others: [before], drained: new Set([A]) });
    const keys = KEYS.filter((key) => before.view.distribution.owners(key, 2).some(({ id }) => id === A));
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(route(key, state, NOW).groups).toEqual([route(key, state, NOW).owners]);
  });

  it('has an owner of each view that somebody acted on in one of its groups', () => {
    const key = keyThatMoves([A, B], A, [A, B, C], C);
    expect(route(key, stateOf({ current: view([A, B, C], 10), others: [open([A, B], 5)] }), NOW).groups).toEqual([
      [C],
      [A],
    ]);
  });
});

describe('the order of writing', () => {
  const lists = fc.uniqueArray(fc.subarray([...IDS], { minLength: 1 }), {
    selector: (ids) => ids.join(' '),
    minLength: 2,
    maxLength: 4,
  });

  it('is the same for every client, whichever of the open views it acts on', () => {
    fc.assert(
      fc.property(
        lists,
        fc.constantFrom(...KEYS),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
        (all, key, copies, ages) => {
          const views = all
            .map((ids, index) => open(ids, ages[index] ?? 0, undefined, copies))
            .toSorted((one, other) => one.view.since - other.view.since || (one.view.id < other.view.id ? -1 : 1));
          const orders = views.map((own) =>
            route(
              key,
              stateOf({ current: own.view, others: views.filter((other) => other !== own) }),
              NOW,
            ).targets.join(' '),
          );
          expect(new Set(orders).size).toBe(1);
        },
      ),
    );
  });

  it('holds every owner and every elder, each once; no elder is an owner', () => {
    fc.assert(
      fc.property(
        lists,
        fc.constantFrom(...KEYS),
        fc.integer({ min: 1, max: 3 }),
        ([first = [], ...rest], key, copies) => {
          const { owners, elders, targets } = route(
            key,
            stateOf({ current: view(first, 0, copies), others: rest.map((ids) => open(ids, 1, undefined, copies)) }),
            NOW,
          );
          expect([...targets].toSorted()).toEqual([...owners, ...elders].toSorted());
          expect(new Set(targets).size).toBe(targets.length);
          expect(owners.length).toBe(Math.min(copies, first.length));
        },
      ),
    );
  });
});
