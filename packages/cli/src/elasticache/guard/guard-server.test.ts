import { expect, it } from 'vitest';

import { startGuardServer } from './guard-server.ts';
import { initialState, type GuardState } from './guard-state.ts';

it.each<[string, Partial<GuardState>, number]>([
  ['has just started', {}, 200],
  ['drains for long before a replacement', { lastRoundAt: 0, lastActiveAt: Date.now(), replacing: ['0001'] }, 200],
  ['does nothing any more', { lastRoundAt: 0, lastActiveAt: 0 }, 503],
  ['does nothing any more, in the middle of a removal', { lastRoundAt: 0, lastActiveAt: 0, removing: ['0001'] }, 503],
])('tells how a guard is that %s', async (_, state, status) => {
  const server = await startGuardServer({
    host: '127.0.0.1',
    port: 0,
    state: () => ({ ...initialState('shop', 'test', ''), ...state }),
    stuckAfterMs: 600_000,
    verify: undefined,
    announced: () => undefined,
    note: () => undefined,
  });
  expect((await fetch(`http://${server.address}/health`)).status).toBe(status);
  await server.close();
});
