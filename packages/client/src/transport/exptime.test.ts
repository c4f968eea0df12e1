import { describe, expect, it } from 'vitest';

import { expressibleTtl, secondsUntil, toExptime } from './exptime.ts';

const NOW_MS = Date.parse('2025-03-01T12:00:00.900Z');

describe('toExptime', () => {
  it('sends up to 30 days as a duration', () => {
    expect(toExptime(0, NOW_MS)).toBe(0);
    expect(toExptime(1, NOW_MS)).toBe(1);
    expect(toExptime(2_592_000, NOW_MS)).toBe(2_592_000);
  });

  it('sends more than 30 days as an absolute Unix time', () => {
    expect(toExptime(2_592_001, NOW_MS)).toBe(Date.parse('2025-03-01T12:00:00Z') / 1000 + 2_592_001);
  });

  it('takes the present as now', () => {
    const before = Math.floor(Date.now() / 1000);
    const exptime = toExptime(31_536_000);
    expect(exptime).toBeGreaterThanOrEqual(before + 31_536_000);
    expect(exptime).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) + 31_536_000);
  });

  it('refuses an end that a signed 32-bit time cannot express', () => {
    const last = 0x7fff_ffff - Math.floor(NOW_MS / 1000);
    expect(toExptime(last, NOW_MS)).toBe(0x7fff_ffff);
    expect(() => toExptime(last + 1, NOW_MS)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_VALUE', message: expect.stringContaining('2038') }),
    );
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number, undefined as unknown as number])(
    'refuses %s',
    (ttl) => {
      expect(() => toExptime(ttl, NOW_MS)).toThrow(expect.objectContaining({ code: 'SESS_BAD_VALUE' }));
    },
  );
});

describe('what must stand until a moment', () => {
  it.each([
    [-5_000, 2],
    [1, 2],
    [1_000, 2],
    [1_001, 3],
    [60_000, 61],
  ])('%i ms ahead is given %i seconds, of which memcached may drop one', (ahead, seconds) => {
    expect(secondsUntil(NOW_MS + ahead, NOW_MS)).toBe(seconds);
  });

  it('ends where memcached’s time does at the latest', () => {
    expect(toExptime(secondsUntil(0x7fff_ffff * 1000, NOW_MS), NOW_MS)).toBeLessThanOrEqual(0x7fff_ffff);
  });
});

describe('a time to live that was read', () => {
  it('is written elsewhere for as long as memcached’s time lasts at most', () => {
    const now = Date.UTC(2030, 0, 1);
    expect(expressibleTtl(60, now)).toBe(60);
    expect(expressibleTtl(0, now)).toBe(0);
    for (const at of [now, now + 1, now + 999]) {
      expect(toExptime(expressibleTtl(0xffff_ffff, at), at)).toBeGreaterThan(0x7fff_ffff - 3);
    }
  });
});
