import { performance as performanceOfProcess } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SleepWatch } from './sleep-watch.ts';

describe('SleepWatch', () => {
  let slept: number[];
  let watch: SleepWatch;
  let waitedMs: number;
  let usedMs: number;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
    waitedMs = 0;
    usedMs = 0;
    vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: usedMs * 1_000, system: 0 }));
    vi.spyOn(performanceOfProcess, 'eventLoopUtilization').mockImplementation(() => ({
      idle: waitedMs,
      active: 0,
      utilization: 0,
    }));
    slept = [];
    watch = new SleepWatch((ms) => slept.push(ms));
    watch.start();
  });

  afterEach(() => {
    watch.stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** Time passes, and no timer fires. */
  function letPass(ms: number): void {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms);
    vi.setSystemTime(Date.now() + ms);
    watch.look();
    watch.look();
  }

  it('works on while a test of the application fakes time', () => {
    vi.restoreAllMocks();
    expect(performance.eventLoopUtilization()).toBeUndefined();
    expect(() => letPass(5_000)).not.toThrow();
  });

  it('says nothing of a process that is awake', () => {
    vi.advanceTimersByTime(60_000);
    expect(slept).toEqual([]);
  });

  it('says nothing of a process that is busy, however long', () => {
    usedMs += 500;
    letPass(5_000);
    expect(slept).toEqual([]);
  });

  it('notices when the event loop waited for longer than it can', () => {
    // Other threads may have worked meanwhile.
    usedMs += 500;
    waitedMs += 5_000;
    letPass(5_000);
    expect(slept).toEqual([5_000]);
  });

  it('notices when the process was stopped in the middle of its work', () => {
    usedMs += 30;
    letPass(5_000);
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

  it('shares one timer with the other watches of the process, and tells all of them', () => {
    const another: number[] = [];
    const second = new SleepWatch((ms) => another.push(ms));
    second.start();
    expect(vi.getTimerCount()).toBe(1);
    waitedMs += 5_000;
    letPass(5_000);
    watch.stop();
    waitedMs += 6_000;
    letPass(6_000);
    second.stop();
    expect([slept, another, vi.getTimerCount()]).toEqual([[5_000], [5_000, 6_000], 0]);
  });

  it('says nothing once stopped, and has no timer then', () => {
    watch.stop();
    vi.setSystemTime(Date.now() + 3_600_000);
    watch.look();
    vi.advanceTimersByTime(1_000);
    expect([slept, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
