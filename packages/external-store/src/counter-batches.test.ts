import { describe, expect, it } from 'vitest';
import { CounterBatches } from './counter-batches.ts';

/** A counter whose writes wait until the test releases them. */
class HeldCounter {
  count = 0;
  readonly writes: number[] = [];
  readonly held: { readonly go: () => void; readonly fail: (error: Error) => void }[] = [];

  readonly add = async (_key: string, by: number): Promise<number> => {
    this.writes.push(by);
    await new Promise<void>((resolve, reject) => void this.held.push({ go: resolve, fail: reject }));
    return (this.count += by);
  };

  async next(): Promise<{ readonly go: () => void; readonly fail: (error: Error) => void }> {
    await expect.poll(() => this.held.length).toBeGreaterThan(0);
    const held = this.held.shift();
    if (held === undefined) throw new Error('nothing is held');
    return held;
  }
}

describe('increments of one counter', () => {
  it('go together while one is under way, each with a number of its own', async () => {
    const counter = new HeldCounter();
    const batches = new CounterBatches(counter.add);
    const first = batches.increment('key', 60);
    const held = await counter.next();
    const others = Array.from({ length: 50 }, () => batches.increment('key', 60));
    held.go();
    (await counter.next()).go();
    expect([await first, ...(await Promise.all(others))]).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
    expect(counter.writes).toEqual([1, 50]);
  });

  it('fail with their own write, and with no other', async () => {
    const counter = new HeldCounter();
    const batches = new CounterBatches(counter.add);
    const first = batches.increment('key', 60);
    const held = await counter.next();
    const second = batches.increment('key', 60);
    held.fail(new Error('out of reach'));
    await expect(first).rejects.toThrow('out of reach');
    (await counter.next()).go();
    expect(await second).toBe(1);
  });

  it('of two counters do not wait for each other', async () => {
    const counter = new HeldCounter();
    const batches = new CounterBatches(counter.add);
    void batches.increment('one', 60);
    const held = await counter.next();
    const other = batches.increment('other', 60);
    (await counter.next()).go();
    expect(await other).toBe(1);
    held.go();
  });
});
