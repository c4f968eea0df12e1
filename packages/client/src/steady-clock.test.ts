import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../test/fake-clock.ts';
import { SteadyClock } from './steady-clock.ts';

const SKEW = 500;
const INTERVAL = 1_000;
const AGREEMENT = 3 * INTERVAL + SKEW;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const NONE = 0;

describe('SteadyClock', () => {
  let machine: FakeClock;
  let clock: SteadyClock;

  beforeEach(() => {
    machine = new FakeClock(START);
    clock = new SteadyClock(machine, { clockSkewMs: SKEW, historyIntervalMs: INTERVAL });
  });

  /** Moves the machine's clock by `byMs`. */
  function jump(byMs: number): void {
    machine.setWallClock(machine.now() + byMs);
  }

  it('tells what the machine tells, in whole milliseconds', async () => {
    expect(clock.now()).toBe(START);
    await machine.pass(1_234);
    expect([clock.now(), clock.wall(), clock.elapsed()]).toEqual([START + 1_234, START + 1_234, 1_234]);
  });

  it('follows a small difference with the next reading, ahead and behind', () => {
    for (const byMs of [SKEW, -SKEW]) {
      jump(byMs);
      expect(clock.now()).not.toBe(machine.now());
      clock.follow(NONE);
      expect(clock.now()).toBe(machine.now());
    }
  });

  it.each([HOUR, -HOUR])('goes on through a jump of %i ms that passes', async (byMs) => {
    jump(byMs);
    expect(clock.now()).toBe(START);
    clock.follow(NONE);
    await machine.pass(AGREEMENT - 1);
    clock.follow(NONE);
    expect(clock.now()).toBe(START + AGREEMENT - 1);
    jump(-byMs);
    clock.follow(NONE);
    expect(clock.now()).toBe(machine.now());
  });

  it.each([HOUR, -HOUR])('follows a jump of %i ms that stands for as long as an agreement takes', async (byMs) => {
    jump(byMs);
    clock.follow(NONE);
    await machine.pass(AGREEMENT);
    expect(clock.now()).toBe(START + AGREEMENT);
    clock.follow(NONE);
    expect(clock.now()).toBe(START + AGREEMENT + byMs);
  });

  it('counts anew when the difference becomes another one', async () => {
    jump(HOUR);
    clock.follow(NONE);
    await machine.pass(AGREEMENT - 1);
    jump(HOUR);
    clock.follow(NONE);
    await machine.pass(1);
    clock.follow(NONE);
    expect(clock.now()).toBe(START + AGREEMENT);
  });

  it.each([HOUR, -HOUR])('follows a jump of %i ms at once when another client agrees with it', (byMs) => {
    jump(byMs);
    clock.follow(machine.now() - INTERVAL);
    expect(clock.now()).toBe(START + byMs);
  });

  it('tells the later of both clocks for what must not be too early, up to the longest sleep', () => {
    expect(clock.latest()).toBe(START);
    jump(SKEW);
    expect(clock.latest()).toBe(START);
    jump(HOUR);
    expect(clock.latest()).toBe(START + SKEW + HOUR);
    jump(-2 * HOUR);
    expect(clock.latest()).toBe(START);
    jump(10_000 * HOUR);
    expect(clock.latest()).toBe(START + 30 * 24 * HOUR);
  });

  it('was behind by whole milliseconds, though the monotonic clock has fractions', async () => {
    machine.work(0.7);
    jump(HOUR);
    clock.follow(NONE);
    await machine.pass(AGREEMENT + 0.6);
    const adoption = clock.follow(NONE);
    expect(machine.elapsed() % 1).not.toBe(0);
    expect(adoption?.byMs).toBeLessThanOrEqual(HOUR);
    expect(adoption?.byMs).toBeGreaterThan(HOUR - 3);
    expect(Number.isInteger(adoption?.byMs)).toBe(true);
  });

  it('says since when it was behind, and how much', async () => {
    await machine.pass(INTERVAL);
    expect(clock.follow(NONE)).toBeUndefined();
    await machine.pass(INTERVAL);
    jump(HOUR);
    expect(clock.follow(NONE)).toBeUndefined();
    await machine.pass(AGREEMENT);
    expect(clock.follow(NONE)).toEqual({ since: START + INTERVAL, byMs: HOUR });
    jump(-HOUR);
    expect(clock.follow(machine.now())).toBeUndefined();
    expect(clock.now()).toBe(machine.now());
  });

  it('does not follow when what another client told fits the time before as well, or is old', () => {
    jump(-INTERVAL);
    clock.follow(START - INTERVAL);
    expect(clock.now()).toBe(START);
    jump(HOUR);
    clock.follow(START);
    clock.follow(machine.now() - 2 * INTERVAL - SKEW - 1);
    expect(clock.now()).toBe(START);
  });
});
