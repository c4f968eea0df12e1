import { describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

describe('the system’s clock', () => {
  it('has timers that keep the process alive, or not, as they are told', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    const timer = systemClock.setTimeout(() => {}, 1_000_000);
    const handle = set.mock.results[0]?.value as NodeJS.Timeout;
    set.mockRestore();
    expect(handle.hasRef()).toBe(true);
    timer.keepAlive(false);
    expect(handle.hasRef()).toBe(false);
    timer.keepAlive(true);
    expect(handle.hasRef()).toBe(true);
    timer.cancel();
  });

  it('calls back once', async () => {
    const before = systemClock.now();
    await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 1));
    expect(systemClock.now()).toBeGreaterThan(before);
  });
});
