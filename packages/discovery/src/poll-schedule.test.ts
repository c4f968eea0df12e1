import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPauseMs } from './poll-schedule.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pause until the next look', () => {
  it('is the poll interval, give or take a fifth, after a success', () => {
    expect(nextPauseMs(60_000, 0, 0)).toBe(48_000);
    expect(nextPauseMs(60_000, 0, 0.5)).toBe(60_000);
    expect(nextPauseMs(60_000, 0, 0.999_999_9)).toBe(72_000);
  });

  it('grows from one second after failures and never exceeds the poll interval', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) => nextPauseMs(60_000, failures, 0.999_999_9));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(nextPauseMs(60_000, 3, 0)).toBe(2_000);
  });

  it('is spread after failures, too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), random, random, (failures, a, b) => {
        fc.pre(Math.abs(a - b) > 0.1);
        expect(nextPauseMs(60_000, failures, a)).not.toBe(nextPauseMs(60_000, failures, b));
      }),
    );
  });

  it('is always a delay that timers take', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 2_147_483_647, noNaN: true }),
        fc.nat(10_000),
        random,
        (interval, failures, chance) => {
          const pause = nextPauseMs(interval, failures, chance);
          expect(Number.isInteger(pause) && pause >= 1 && pause <= 2_147_483_647).toBe(true);
        },
      ),
    );
  });
});
