import session from 'express-session';
import { describe, expect, it } from 'vitest';
import { secondsOfCookie } from './cookie-expiry.ts';

const NOW = Date.UTC(2026, 0, 1);
const at = (seconds: number): Date => new Date(NOW + seconds * 1000);

describe('how long a session lives by its cookie', () => {
  it.each([
    ['a date', { expires: at(60), originalMaxAge: 5_000 }, 60],
    ['a date as JSON has it', { expires: at(60).toISOString(), originalMaxAge: 5_000 }, 60],
    ['a date that has passed', { expires: at(-1) }, 0],
    ['an age', { maxAge: 90_000 }, 90],
    ['its first age', { expires: null, originalMaxAge: 90_000 }, 90],
    ['an age of nothing', { maxAge: 0 }, 0],
  ])('is known by %s', (_, cookie, seconds) => {
    expect(secondsOfCookie(cookie, NOW)).toBe(seconds);
  });

  it.each([
    ['without an end', { expires: null, originalMaxAge: null }],
    ['that ends with the browser', { expires: false, originalMaxAge: 90_000 }],
    ['with a date that is none', { expires: new Date('never'), originalMaxAge: null }],
  ])('is up to the store for one %s', (_, cookie) => {
    expect(secondsOfCookie(cookie, NOW)).toBeUndefined();
  });

  it("is read from express-session's own cookies", () => {
    const cookie = new (session as unknown as { Cookie: new (options: object) => object }).Cookie({ maxAge: 60_000 });
    expect(secondsOfCookie(cookie)).toBe(60);
    expect(secondsOfCookie(JSON.parse(JSON.stringify(cookie)) as object)).toBe(60);
  });
});
