import { describe, expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';

describe('backOffMs', () => {
  it('doubles from 20 ms to one second', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => backOffMs(failures, 1))).toEqual([
      20, 40, 80, 160, 320, 640, 1000, 1000, 1000,
    ]);
  });

  it('spreads clients over the second half', () => {
    expect([0, 0.5, 1].map((random) => backOffMs(3, random))).toEqual([40, 60, 80]);
  });
});
