import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const NAMES = ['ttlSeconds', 'absoluteTtlSeconds', 'secret', 'store', 'servers'];

describe('nearestName', () => {
  it.each([
    ['ttlSecond', 'ttlSeconds'],
    ['TTLseconds', 'ttlSeconds'],
    ['secrets', 'secret'],
    ['server', 'servers'],
    ['sotre', 'store'],
  ])('takes %s for %s', (given, meant) => {
    expect(nearestName(given, NAMES)).toBe(meant);
  });

  it('does not guess where nothing is near', () => {
    expect(nearestName('rolling', NAMES)).toBeUndefined();
    expect(nearestName('x', NAMES)).toBeUndefined();
  });
});
