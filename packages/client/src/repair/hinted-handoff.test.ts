import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it, onTestFinished } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { heard } from '../../test/heard.ts';
import { MAX_HINTS, HintedHandoff } from './hinted-handoff.ts';

it('the oldest tombstone of too many is dropped, and told without its key', async () => {
  const clock = new FakeClock();
  const hints = new HintedHandoff(clock);
  let told = 0;
  const count = (): void => void (told += 1);
  subscribe('sess:client:tombstone-dropped', count);
  onTestFinished(() => void unsubscribe('sess:client:tombstone-dropped', count));
  hints.add('10.0.0.9:11211', 'secret-key', Buffer.alloc(24), clock.now() + 1_000);
  for (let number = 1; number < MAX_HINTS; number += 1)
    hints.add('10.0.0.1:11211', `key-${number}`, Buffer.alloc(24), clock.now() + 1_000);
  expect(told).toBe(0);
  const dropped = heard('sess:client:tombstone-dropped', () => true);
  hints.add('10.0.0.1:11211', 'one too many', Buffer.alloc(24), clock.now() + 1_000);
  // The node of the oldest hint, not of the one that exceeded the limit.
  await expect(dropped).resolves.toEqual({ node: '10.0.0.9:11211', dropped: 1 });
  // A hint that already exists is not added again.
  hints.add('10.0.0.1:11211', 'one too many', Buffer.alloc(24), clock.now() + 1_000);
  expect(told).toBe(1);
});
