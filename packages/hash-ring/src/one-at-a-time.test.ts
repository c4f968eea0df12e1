import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { oneAtATime } from './one-at-a-time.ts';

test.each([
  ['', 0],
  ['a', 3_392_050_242],
  ['foo', 596_015_325],
  ['sess:abc', 3_063_031_204],
  ['é', 26_298_542],
  ['日本語', 1_387_473_336],
  ['😀', 2_544_258_968],
])('hashes %j as libhashkit 1.1.4 does on x86-64', (text, value) => {
  expect(oneAtATime(text) >>> 0).toBe(value);
});

test('is an int32 that depends on nothing but the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 2000 }), (text, other) => {
      const hash = oneAtATime(text);
      oneAtATime(other);
      expect(oneAtATime(text)).toBe(hash);
      expect(hash | 0).toBe(hash);
    }),
  );
});
