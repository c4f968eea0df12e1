import { describe, expect, it } from 'vitest';

import { FakeClock } from '../test/fake-clock.ts';
import { PendingOperations } from './pending-operations.ts';

/** The number of active timers: they keep this process running. */
function running(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

function operation(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => void (settle = { resolve, reject }));
  if (settle === undefined) throw new Error('a promise calls its executor at once');
  return { promise, ...settle };
}

describe('an operation under way', () => {
  it.each(['resolves', 'rejects'])('keeps the process running until it %s', async (how) => {
    const operations = new PendingOperations();
    const before = running();
    const { promise, resolve, reject } = operation();
    const tracked = operations.track(promise);
    expect(running()).toBe(before + 1);
    if (how === 'resolves') resolve();
    else reject(new Error('failed'));
    await Promise.allSettled([tracked]);
    expect(running()).toBe(before);
  });
});

describe('closing', () => {
  it('waits for the last of the operations', async () => {
    const operations = new PendingOperations();
    const [one, other] = [operation(), operation()];
    for (const { promise } of [one, other]) void operations.track(promise);
    let isOver = false;
    const settled = operations.settled(new FakeClock(), 1_000).then(() => void (isOver = true));
    one.resolve();
    await one.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    other.resolve();
    await settled;
    expect(isOver).toBe(true);
  });

  it('waits no longer than it may', async () => {
    const operations = new PendingOperations();
    const { promise, resolve } = operation();
    void operations.track(promise);
    const clock = new FakeClock();
    const settled = operations.settled(clock, 1_000);
    await clock.pass(1_000);
    await expect(settled).resolves.toBeUndefined();
    resolve();
  });

  it('waits for nothing where none is under way', async () => {
    await expect(new PendingOperations().settled(new FakeClock(), 1_000)).resolves.toBeUndefined();
  });
});
