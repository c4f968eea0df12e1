import { describe, expect, it } from 'vitest';
import { RecentCookies } from './recent-cookies.ts';
import type { Identity } from '../lifecycle/session-context.ts';

const identity = (id: string): Identity => ({ id, key: `sess:${id}`, rotated: false });

describe('recent cookies', () => {
  it('are found again', () => {
    const recent = new RecentCookies();
    const one = identity('one');
    recent.remember('one.signature', one);
    expect(recent.find('one.signature')).toBe(one);
    expect(recent.find('one.signaturf')).toBeUndefined();
  });

  it('are bounded: the longest unused are forgotten, those in use never are', () => {
    const recent = new RecentCookies(10);
    const used = identity('used');
    recent.remember('used', used);
    for (let number = 0; number < 1_000; number += 1) {
      recent.remember(`${number}`, identity(`${number}`));
      expect(recent.find('used')).toBe(used);
    }
    const kept = Array.from({ length: 1_000 }, (_, number) => `${number}`).filter(
      (value) => recent.find(value) !== undefined,
    );
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept).toContain('999');
    expect(kept).toContain('996');
  });
});
