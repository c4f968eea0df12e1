import { expect, it } from 'vitest';
import { unknownPast } from './unknown-past.ts';

it('names the first of many nodes that have not answered, and counts the others', () => {
  const silent = Array.from({ length: 300 }, (_, index) => `node-${index}:11211`);
  const { message, node } = unknownPast(0, 0, silent, true);
  expect(node).toBe('node-0:11211');
  expect(message).toMatch(/^node-0:11211, .*node-4:11211, and 295 more has not answered/);
  expect(message).not.toContain('node-5:11211');
});
