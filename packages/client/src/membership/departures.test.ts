import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { departuresIn, heldBy } from './departures.ts';
import type { OpenView, RoutingState } from './route.ts';
import { createView, type View } from './view.ts';

const NOW = 1_000_000;
const [A, B, C, D] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211', '10.0.0.4:11211'] as const;
const KEYS = Array.from({ length: 200 }, (_, number) => `key-${number}`);

function view(...ids: string[]): View {
  const nodes = ids.map((id) => ({ id, weight: 1 }));
  return createView({ nodes, copies: 2, distribution: '', cause: 'discovery', since: 0 }, (list) => ketama(list));
}

function open(of: View, agreedAfter: number, openUntil: number): OpenView {
  return { view: of, confirmedAt: agreedAfter, agreedAfter, openUntil, stage: 'open' };
}

function stateOf(current: View, ...others: OpenView[]): RoutingState {
  return {
    current,
    others,
    agreedAt: 0,
    gone: new Set(),
    drained: new Set(),
    emptied: new Set(),
    aliases: new Map(),
    clockSkewMs: 0,
  };
}

describe('departures', () => {
  it('are no names of machines that are listed under another', () => {
    const state = { ...stateOf(view(A, B), open(view(C, B), 10, NOW + 1)), aliases: new Map([[C, A]]) };
    expect(departuresIn(state, NOW).size).toBe(0);
    const isHeld = heldBy(A, state, NOW);
    expect(KEYS.every(isHeld)).toBe(true);
  });

  it('are the nodes of other open views that are in rotation no more, with the latest of their moments', () => {
    const state = stateOf(
      view(A, B),
      open(view(A, B, C), 10, NOW + 1),
      open(view(B, C, D), 20, NOW + 2),
      open(view(A), 30, NOW + 3),
    );
    expect(departuresIn(state, NOW)).toEqual(
      new Map([
        [C, { agreedAt: 20, openUntil: NOW + 2 }],
        [D, { agreedAt: 20, openUntil: NOW + 2 }],
      ]),
    );
  });

  it('are forgotten with their views, and where nodes only joined there are none', () => {
    expect(departuresIn(stateOf(view(A, B), open(view(A, B, C), 10, NOW)), NOW).size).toBe(0);
    expect(departuresIn(stateOf(view(A, B, C), open(view(A, B), 10, NOW + 1)), NOW).size).toBe(0);
  });
});

describe('a key is held by a node', () => {
  it('that owns it now, or did in a view that is open', () => {
    const [before, now] = [view(A, B, C), view(A, B, D)];
    const state = stateOf(now, open(before, 10, NOW + 1));
    for (const key of KEYS) {
      const owners = (of: View): string[] => of.distribution.owners(key, 2).map(({ id }) => id);
      for (const id of [A, B, C, D]) {
        expect(heldBy(id, state, NOW)(key)).toBe(owners(now).includes(id) || owners(before).includes(id));
        expect(heldBy(id, state, NOW + 1)(key)).toBe(owners(now).includes(id));
      }
    }
    expect(KEYS.some(heldBy(C, state, NOW))).toBe(true);
  });
});
