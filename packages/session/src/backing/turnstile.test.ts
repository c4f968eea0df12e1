import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turnstile } from './turnstile.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a turnstile', () => {
  it('lets in so many at once, and the next when one leaves', async () => {
    const turnstile = new Turnstile({ concurrency: 2, queued: 10, waitMs: 1_000 });
    const [first] = [await turnstile.enter(), await turnstile.enter()];
    const third = turnstile.enter();
    expect([third, turnstile.waiting]).toEqual([expect.any(Promise), 1]);
    first?.();
    first?.();
    expect(await third).toBeTypeOf('function');
    expect(turnstile.enter()).toBeInstanceOf(Promise);
  });

  it('has room for so many to wait, and no more', () => {
    const turnstile = new Turnstile({ concurrency: 1, queued: 1, waitMs: 1_000 });
    expect([turnstile.enter(), turnstile.enter(), turnstile.enter()]).toEqual([expect.any(Function), expect.any(Promise), undefined]);
  });

  it('keeps nobody waiting for longer than said', async () => {
    const turnstile = new Turnstile({ concurrency: 1, queued: 1, waitMs: 1_000 });
    await turnstile.enter();
    const second = turnstile.enter();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([await second, turnstile.waiting]).toEqual([undefined, 0]);
  });

  it('lets in no more than so many in any one second', async () => {
    const turnstile = new Turnstile({ concurrency: 1_000, queued: 1_000, waitMs: 60_000, perSecond: 10 });
    const entries: number[] = [];
    const enter = async (): Promise<void> => {
      (await turnstile.enter())?.();
      entries.push(performance.now());
    };
    const all = Array.from({ length: 35 }, enter);
    await vi.advanceTimersByTimeAsync(4_000);
    await Promise.all(all);
    const most = Math.max(...entries.map((from) => entries.filter((at) => at >= from && at < from + 1_000).length));
    expect([entries.length, most]).toEqual([35, 10]);
    expect((entries.at(-1) ?? 0) - (entries[0] ?? 0)).toBeLessThan(3_100);
  });
});
