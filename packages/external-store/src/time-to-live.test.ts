import { describe, expect, it } from 'vitest';
import { secondsOf } from './time-to-live.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('a lifetime in seconds', () => {
  it.each([
    [60_000, 60],
    [60_001, 61],
    [1, 1],
    [0, 0],
    [-5_000, 0],
    [315_360_000_000, 315_360_000],
    [Infinity, 315_360_000],
  ])('of %d milliseconds is %d', (milliseconds, seconds) => {
    expect(secondsOf(milliseconds, NOW)).toBe(seconds);
  });

  it('does not go past the end of time, as memcached counts it', () => {
    expect(secondsOf(315_360_000_000, Date.UTC(2037, 0, 1))).toBe(
      Date.UTC(2038, 0, 19, 3, 14, 5) / 1000 - Date.UTC(2037, 0, 1) / 1000,
    );
  });

  it.each([undefined, null, 'session', Number.NaN])('is unknown of %s', (given) => {
    expect(secondsOf(given, NOW)).toBeUndefined();
  });
});
