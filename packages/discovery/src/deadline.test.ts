import { describe, expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { abortable, withDeadline } from './deadline.ts';

const never = new Promise<never>(() => {});
const late = (): Error => new Error('late');

describe('a deadline', () => {
  it('lets an answer in time through, and leaves no timer', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    await expect(withDeadline(100, late, { clock, signal }, () => Promise.resolve('answer'))).resolves.toBe('answer');
    expect(clock.delays).toEqual([]);
  });

  it('ends work that does not heed its signal', async () => {
    const clock = new ManualClock();
    let inner: AbortSignal | undefined;
    const { signal } = new AbortController();
    const result = withDeadline(100, late, { clock, signal }, (given) => {
      inner = given;
      return never;
    });
    clock.advance(100);
    await expect(result).rejects.toThrow('late');
    expect(inner?.aborted).toBe(true);
  });

  it('ends with its parent, for the parent’s reason, even if that had ended before', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const result = withDeadline(100, late, { clock, signal: controller.signal }, () => never);
    controller.abort(new Error('closed'));
    await expect(result).rejects.toThrow('closed');
    await expect(withDeadline(100, late, { clock, signal: controller.signal }, () => never)).rejects.toThrow('closed');
    expect(clock.delays).toEqual([]);
  });
});

describe('an abortable promise', () => {
  it('settles as the promise does when nothing fires', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(new Error('own')), signal)).rejects.toThrow('own');
  });

  it('hears of a late rejection without leaving it unhandled', async () => {
    const controller = new AbortController();
    const failing: ((error: Error) => void)[] = [];
    const slow = new Promise<never>((_resolve, reject) => void failing.push(reject));
    const result = abortable(slow, controller.signal);
    controller.abort(new Error('closed'));
    failing[0]?.(new Error('too late to matter'));
    await expect(result).rejects.toThrow('closed');
  });
});
