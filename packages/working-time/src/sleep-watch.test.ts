import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SleepWatch } from './sleep-watch.ts';

describe('SleepWatch', () => {
  let slept: number[];
  let watch: SleepWatch;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
    slept = [];
    watch = new SleepWatch((ms) => slept.push(ms));
    watch.start();
  });

  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('says nothing of a process that is awake, or busy for less than a second', () => {
    vi.advanceTimersByTime(60_000);
    const spy = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 900);
    watch.look();
    spy.mockRestore();
    expect(slept).toEqual([]);
  });

  it('notices when the monotonic clock has gone on without the process', () => {
    const now = performance.now();
    const spy = vi.spyOn(performance, 'now').mockReturnValue(now + 5_000);
    watch.look();
    watch.look();
    spy.mockRestore();
    expect(slept).toEqual([5_000]);
  });

  it('notices when only the wall clock has gone on: the machine was suspended', () => {
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(250);
    expect(slept).toEqual([3_600_250]);
  });

  it('takes a wall clock that was set back for no sleep', () => {
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(slept).toEqual([]);
  });

  it('says nothing once stopped, and has no timer then', () => {
    watch.stop();
    vi.setSystemTime(Date.now() + 3_600_000);
    watch.look();
    vi.advanceTimersByTime(1_000);
    expect([slept, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
