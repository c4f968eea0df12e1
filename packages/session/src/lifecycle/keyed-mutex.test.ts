import { describe, expect, it } from 'vitest';
import { KeyedMutex } from './keyed-mutex.ts';

describe('a keyed mutex', () => {
  it('runs requests one after another, in order', async () => {
    const turns = new KeyedMutex();
    const log: string[] = [];
    const work = async (name: string): Promise<void> => {
      const end = await turns.take('key');
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      end();
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('lets requests for different keys run at the same time', async () => {
    const turns = new KeyedMutex();
    await turns.take('held');
    const end = await turns.take('free');
    expect([turns.isTaken('held'), turns.isTaken('free')]).toEqual([true, true]);
    end();
    expect(turns.isTaken('free')).toBe(false);
  });

  it('keeps no key that is not locked', async () => {
    const turns = new KeyedMutex();
    const first = await turns.take('key');
    const second = turns.take('key');
    first();
    expect(turns.isTaken('key')).toBe(true);
    (await second)();
    expect(turns.isTaken('key')).toBe(false);
  });
});
