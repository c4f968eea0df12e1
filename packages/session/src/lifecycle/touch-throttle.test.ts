import { describe, expect, it } from 'vitest';
import { touchThrottle } from './touch-throttle.ts';

describe('the touch throttle', () => {
  it('uses the remaining time if the store tells it, and remembers nothing', () => {
    const throttle = touchThrottle(360, () => 0);
    throttle.moved('key', 3_600);
    expect(throttle.isDue('key', 3_241, 3_600)).toBe(false);
    expect(throttle.isDue('key', 3_240, 3_600)).toBe(true);
    expect(throttle.isDue('key', undefined, 3_600)).toBe(true);
  });

  it("uses this process's own touches if the store can not tell the remaining time", () => {
    let now = 0;
    const throttle = touchThrottle(360, () => now);
    expect(throttle.isDue('key', undefined, 3_600)).toBe(true);
    throttle.moved('key', undefined);
    now = 359_999;
    expect(throttle.isDue('key', undefined, 3_600)).toBe(false);
    now = 360_000;
    expect(throttle.isDue('key', undefined, 3_600)).toBe(true);
  });

  it('forgets the session that was not touched for the longest, and so touches it again', () => {
    const throttle = touchThrottle(360, () => 0, 2);
    for (const key of ['a', 'b', 'a', 'c']) throttle.moved(key, undefined);
    expect(['a', 'b', 'c'].map((key) => throttle.isDue(key, undefined, 3_600))).toEqual([false, true, false]);
  });

  it('says always where told to touch on every request', () => {
    const throttle = touchThrottle(0, () => 0);
    throttle.moved('key', undefined);
    expect(throttle.isDue('key', 3_600, 3_600)).toBe(true);
    expect(throttle.isDue('key', undefined, 3_600)).toBe(true);
  });
});
