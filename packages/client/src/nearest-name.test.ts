import { describe, expect, it } from 'vitest';

import { nearestName } from './nearest-name.ts';

const names = ['servers', 'store', 'discovery', 'timeoutMs', 'connectTimeoutMs'];

describe('nearestName', () => {
  it.each([
    ['timeoutMS', 'timeoutMs'],
    ['timeout', 'timeoutMs'],
    ['conectTimeoutMs', 'connectTimeoutMs'],
    ['server', 'servers'],
    ['Discovery', 'discovery'],
    ['sotre', 'store'],
  ])('finds that %s was meant to be %s', (wrong, meant) => {
    expect(nearestName(wrong, names)).toBe(meant);
  });

  it.each(['', 'x', 'compression', 'poolSize', 'ignore'])('finds nothing near %j', (wrong) => {
    expect(nearestName(wrong, names)).toBeUndefined();
  });
});
