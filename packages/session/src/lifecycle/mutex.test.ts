import { describe, expect, it } from 'vitest';
import { Mutex } from './mutex.ts';

describe('operations one at a time', () => {
  it('start at once where nothing is under way', () => {
    const operations = new Mutex();
    let started = false;
    const ended = operations.run(async () => {
      started = true;
    });
    expect(started).toBe(true);
    return ended;
  });

  it('run in order, and each gets its own result', async () => {
    const operations = new Mutex();
    const order: string[] = [];
    const first = operations.run(async () => {
      await Promise.resolve();
      order.push('first');
      return 1;
    });
    const second = operations.run(async () => {
      order.push('second');
      return 2;
    });
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(order).toEqual(['first', 'second']);
  });

  it('go on after one that fails', async () => {
    const operations = new Mutex();
    const failed = operations.run(() => Promise.reject(new Error('no')));
    const after = operations.run(async () => 'done');
    await expect(failed).rejects.toThrow('no');
    await expect(after).resolves.toBe('done');
  });

  it('are idle again when the last has ended', async () => {
    const operations = new Mutex();
    expect(operations.idle).toBeUndefined();
    void operations.run(async () => {});
    void operations.run(async () => {});
    expect(operations.idle).toBeDefined();
    await operations.idle;
    expect(operations.idle).toBeUndefined();
  });
});
