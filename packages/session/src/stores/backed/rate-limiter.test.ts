import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a rate limiter', () => {
  it('lets in up to its concurrency, and the next when one leaves', async () => {
    const turnstile = new RateLimiter({ concurrency: 2, queued: 10, waitMs: 1_000 });
    const [first] = [await turnstile.enter(), await turnstile.enter()];
    const third = turnstile.enter();
    expect([third, turnstile.waiting]).toEqual([expect.any(Promise), 1]);
    first?.();
    first?.();
    expect(await third).toBeTypeOf('function');
    expect(turnstile.enter()).toBeInstanceOf(Promise);
  });

  it('queues up to its limit, and no more', () => {
    const turnstile = new RateLimiter({ concurrency: 1, queued: 1, waitMs: 1_000 });
    expect([turnstile.enter(), turnstile.enter(), turnstile.enter()]).toEqual([
      expect.any(Function),
      expect.any(Promise),
      undefined,
    ]);
  });

  it('keeps nobody waiting longer than waitMs', async () => {
    const turnstile = new RateLimiter({ concurrency: 1, queued: 1, waitMs: 1_000 });
    await turnstile.enter();
    const second = turnstile.enter();
    await vi.advanceTimersByTimeAsync(999);
    expect(turnstile.waiting).toBe(1);
    // Pending I/O of sockets runs first.
    await vi.advanceTimersByTimeAsync(2);
    expect([await second, turnstile.waiting]).toEqual([undefined, 0]);
  });

  it.each([1, 2, 10, 25, 100, 250])(
    'lets in no more than %i in any one second, and hardly fewer',
    async (perSecond) => {
      const entries = await entriesOf(4 * perSecond, perSecond);
      expect([entries.length, most(entries, 1_000)]).toEqual([4 * perSecond, perSecond]);
      expect((entries.at(-1) ?? 0) - (entries[0] ?? 0)).toBeLessThan(4_400);
    },
  );

  it('lets in a tenth of them at once, and the others one by one', async () => {
    const entries = await entriesOf(400, 100);
    expect(entries.filter((at) => at === entries[0])).toHaveLength(10);
    expect(most(entries.slice(10), 50)).toBeLessThanOrEqual(5);
  });

  it('lets in a tenth at once again after a pause', async () => {
    const turnstile = new RateLimiter({ concurrency: 100, queued: 100, waitMs: 60_000, perSecond: 100 });
    const enter = (): number =>
      Array.from({ length: 20 }, () => turnstile.enter()).filter((entry) => typeof entry === 'function').length;
    expect(enter()).toBe(10);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(enter()).toBe(10);
  });
});

/** When each of `count` simultaneous callers was let in, in milliseconds. */
async function entriesOf(count: number, perSecond: number): Promise<readonly number[]> {
  const turnstile = new RateLimiter({ concurrency: count, queued: count, waitMs: 60_000, perSecond });
  const entries: number[] = [];
  const enter = async (): Promise<void> => {
    (await turnstile.enter())?.();
    entries.push(performance.now());
  };
  const all = Array.from({ length: count }, enter);
  await vi.advanceTimersByTimeAsync(60_000);
  await Promise.all(all);
  return entries;
}

/** The most callers that were let in within any such time. */
function most(entries: readonly number[], withinMs: number): number {
  return Math.max(...entries.map((from, index) => entries.findLastIndex((at) => at < from + withinMs) + 1 - index));
}
