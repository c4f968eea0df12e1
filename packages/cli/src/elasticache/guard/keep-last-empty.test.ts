import { expect, it } from 'vitest';

import { lastNodes } from './keep-last-empty.ts';

/** Ids, each with the order in which it was made. */
const nodes = (...ages: readonly [id: string, createdAt: number | undefined][]): Parameters<typeof lastNodes>[0] =>
  ages.map(([cacheNodeId, createdAt]) => ({
    cacheNodeId,
    id: `${cacheNodeId}:11211`,
    zone: undefined,
    status: 'available',
    createdAt,
  }));

it.each([
  ['the highest numbers', nodes(['0001', 1], ['0002', 1], ['0003', 1], ['0004', 2]), 2, ['0003', '0004']],
  ['both, where the youngest has another number', nodes(['0001', 9], ['0002', 1], ['0003', 2]), 1, ['0001', '0003']],
  ['the highest, where both are all', nodes(['0001', 9], ['0002', 1]), 1, ['0002']],
  ['one node less than there are', nodes(['0001', 1], ['0002', 2], ['0003', 3]), 5, ['0002', '0003']],
  ['the highest, where AWS tells no age', nodes(['0001', undefined], ['0002', undefined]), 1, ['0002']],
  ['none', nodes(['0001', 1], ['0002', 2]), 0, []],
])('AWS may take %s first', (_, all, count, last) => {
  expect(lastNodes(all, count)).toEqual(last);
});
