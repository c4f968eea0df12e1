import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

test('makes as many as asked, never more at a time than the limit', async () => {
  let underWay = 0;
  let most = 0;
  const made = await inParallel(20, 4, async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    return underWay--;
  });
  expect([made.length, most]).toEqual([20, 4]);
});

test('begins no further one after a failure, and rejects when the others have settled', async () => {
  let begun = 0;
  const settled: number[] = [];
  const attempt = inParallel(20, 3, async () => {
    const mine = ++begun;
    await Promise.resolve();
    if (mine === 2) throw new Error('the second');
    settled.push(mine);
  });
  await expect(attempt).rejects.toThrow('the second');
  expect(settled.length + 1).toBe(begun);
  expect(begun).toBeLessThan(20);
});
