import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it, onTestFinished } from 'vitest';

import type { RefillMessage } from '../src/diagnostics.ts';
import { World } from './simulation/world.ts';

it('in the simulation nodes are refilled, and that loses nothing and brings nothing back', async () => {
  const phases = { begun: 0, done: 0, 'given-up': 0 };
  let carried = 0;
  const listener = (message: unknown): void => {
    const { phase, carried: keys } = message as RefillMessage;
    phases[phase] += 1;
    if (phase === 'done') carried += keys;
  };
  subscribe('sess:client:refill', listener);
  onTestFinished(() => void unsubscribe('sess:client:refill', listener));
  for (let seed = 1; seed <= 60; seed += 1) expect((await new World(seed).run()).violation).toBeUndefined();
  expect(phases.done).toBeGreaterThan(5);
  expect(carried).toBeGreaterThan(0);
});
