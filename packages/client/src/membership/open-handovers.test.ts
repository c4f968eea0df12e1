import { ketama } from '@sess/hash-ring';
import { expect, it } from 'vitest';

import { handedOverInMs } from './open-handovers.ts';
import type { OpenView } from './route.ts';
import { createView } from './view.ts';

const [A, B] = ['10.0.0.1:11211', '10.0.0.2:11211'];

function open(openUntil: number, ...ids: readonly string[]): OpenView {
  const nodes = ids.map((id) => ({ id, weight: 1 }));
  const entry = { nodes, copies: 1, distribution: '', cause: 'discovery', since: 0 } as const;
  const view = createView(entry, (list) => ketama(list));
  return { view, confirmedAt: 0, openUntil, agreedAfter: 0, stage: 'open' };
}

it('a node is handed over when the last view that names it is over', () => {
  const others = [open(500, A, B), open(700, B), open(900, A)];
  expect(handedOverInMs(B, { others }, 0, 100)).toBe(600);
  expect(handedOverInMs(B, { others }, 0, 800)).toBe(0);
  expect(handedOverInMs(B, { others: [] }, 0, 0)).toBe(0);
});

it('a node is not handed over while views may matter that the history could not hold', () => {
  expect(handedOverInMs(B, { others: [open(500, B)] }, 2_000, 100)).toBe(1_900);
});
