import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FakeClock } from '../test/fake-clock.ts';
import { VersionSource } from './version.ts';

describe('VersionSource', () => {
  it('puts the milliseconds above 16 bits of order', () => {
    const clock = new FakeClock(1_700_000_000_000);
    expect(new VersionSource(clock, () => 0).next() >> 16n).toBe(1_700_000_000_000n);
  });

  it('makes every version above the one before and the one replaced, whatever the clock says', () => {
    const moments = fc.array(
      fc.record({ now: fc.integer({ min: 0, max: 2 ** 45 }), replaced: fc.bigInt({ min: 0n, max: 2n ** 62n }) }),
    );
    fc.assert(
      fc.property(moments, fc.double({ min: 0, max: 0.999, noNaN: true }), (steps, salt) => {
        const clock = new FakeClock();
        const versions = new VersionSource(clock, () => salt);
        let last = -1n;
        for (const { now, replaced } of steps) {
          clock.setWallClock(now);
          expect(versions.next(replaced) > replaced).toBe(true);
          const blind = versions.next();
          expect(blind > last).toBe(true);
          last = blind;
        }
      }),
    );
  });

  it('is not dragged into the future by one record from there', () => {
    const versions = new VersionSource(new FakeClock(1_000), () => 0);
    expect(versions.next(5_000n << 16n)).toBe((5_000n << 16n) + 1n);
    expect(versions.next() >> 16n).toBe(1_000n);
  });

  it('differs between processes that replace the same, with clocks behind it', () => {
    const clock = new FakeClock(1_000);
    const replaced = 5_000n << 16n;
    expect(new VersionSource(clock, () => 0.2).next(replaced)).not.toBe(
      new VersionSource(clock, () => 0.7).next(replaced),
    );
  });

  it('differs between processes that write in the same millisecond', () => {
    const clock = new FakeClock();
    expect(new VersionSource(clock, () => 0.2).next()).not.toBe(new VersionSource(clock, () => 0.7).next());
  });
});
