import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconnectPause } from './reconnect-pause.ts';

const LIMITS = { minMs: 50, maxMs: 2_000 };
const almostOne = (): number => 1 - Number.EPSILON;

describe('the pause before connecting again', () => {
  it('doubles its ceiling with each failure, up to the longest', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7].map((failures) => reconnectPause(failures, LIMITS, almostOne));
    expect(ceilings).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  it('is anything below that, so that clients do not come back together', () => {
    expect(reconnectPause(3, LIMITS, () => 0)).toBe(0);
    expect(reconnectPause(3, LIMITS, () => 0.5)).toBe(200);
  });

  it('stays within the limits however often it failed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const pause = reconnectPause(failures, LIMITS, () => random);
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(LIMITS.maxMs);
      }),
    );
  });
});
