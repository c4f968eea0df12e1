import { describe, expect, it } from 'vitest';
import { someOf } from './some-of.ts';

describe('someOf', () => {
  it.each([
    [['a'], 'a'],
    [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d, e'],
    [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d, e, and 1 more'],
    [Array.from({ length: 300 }, (_, index) => `${index}`), '0, 1, 2, 3, 4, and 295 more'],
  ])('names five and counts the others: %#', (all, line) => {
    expect(someOf(all)).toBe(line);
  });

  it('separates them as the sentence needs', () => {
    expect(someOf(['a', 'b'], ' and ')).toBe('a and b');
  });
});
