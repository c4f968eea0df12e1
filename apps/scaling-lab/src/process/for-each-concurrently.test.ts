import { describe, expect, it } from 'vitest';
import { forEachConcurrently } from './for-each-concurrently.ts';

const never = new AbortController().signal;

describe('forEachConcurrently', () => {
  it('does everything once, never more than the limit at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const work = async (item: number): Promise<void> => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      done.push(item);
      running -= 1;
    };
    await forEachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, work, never);
    expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('takes up nothing new after a failure, and rejects with it when the rest has settled', async () => {
    const failure = new Error('no');
    const begun: number[] = [];
    let slowDone = false;
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 2) throw failure;
      await Promise.resolve();
      await Promise.resolve();
      slowDone = true;
    };
    await expect(forEachConcurrently([1, 2, 3, 4], 2, work, never)).rejects.toBe(failure);
    expect(begun).toEqual([1, 2]);
    expect(slowDone).toBe(true);
  });

  it('takes up nothing new once the signal has fired, and rejects with its reason', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      stop.abort(new Error('enough'));
    };
    await expect(forEachConcurrently([1, 2, 3], 1, work, stop.signal)).rejects.toThrow('enough');
    expect(begun).toEqual([1]);
  });
});
