import { describe, expect, it } from 'vitest';
import { isDeeperThan, isTreeDeeperThan } from './depth.ts';

function nested(levels: number, open = '[', close = ']'): unknown {
  return JSON.parse(open.repeat(levels) + (open === '[' ? '' : '1') + close.repeat(levels));
}

describe.each([
  ['a tree', isTreeDeeperThan],
  ['any value', isDeeperThan],
])('the depth of %s', (_, isDeeper) => {
  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is counted in levels of %s', (_kind, open, close) => {
    expect(isDeeper(nested(5, open, close), 5)).toBe(false);
    expect(isDeeper(nested(6, open, close), 5)).toBe(true);
  });

  it('is found however deep it is', () => {
    expect(isDeeper({ a: nested(200_000) }, 100)).toBe(true);
    expect(isDeeper({ wide: Array.from({ length: 100_000 }, () => ({})) }, 100)).toBe(false);
  });

  it('is none of what is no object', () => {
    for (const value of [null, undefined, 1, 'x', true]) expect(isDeeper(value, 0)).toBe(false);
  });
});

describe('the depth of any value', () => {
  it('goes through Maps and Sets, keys too, and ends in a cycle', () => {
    expect(isDeeperThan(new Map([[{ key: [1] }, 1]]), 2)).toBe(true);
    expect(isDeeperThan(new Set([new Set([1])]), 1)).toBe(true);
    const node: Record<string, unknown> = {};
    node['self'] = node;
    expect(isDeeperThan(node, 3)).toBe(false);
  });
});
