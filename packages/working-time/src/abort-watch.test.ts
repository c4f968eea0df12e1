import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onAbort } from './abort-watch.ts';

describe('onAbort', () => {
  it('calls everyone who watches, once', () => {
    const controller = new AbortController();
    const calls: number[] = [];
    for (let index = 0; index < 20; index += 1) onAbort(controller.signal, () => calls.push(index));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(calls).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not call who has let go, and lets go of the signal with the last', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const first = onAbort(controller.signal, () => calls.push('first'));
    const second = onAbort(controller.signal, () => calls.push('second'));
    first();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    second();
    second();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    const third = onAbort(controller.signal, () => calls.push('third'));
    controller.abort();
    third();
    expect(calls).toEqual(['third']);
  });

  it('lets each of them let go while they are called', () => {
    const controller = new AbortController();
    const calls: number[] = [];
    const releases = [0, 1, 2].map((index) =>
      onAbort(controller.signal, () => {
        calls.push(index);
        for (const release of releases) release();
      }),
    );
    controller.abort();
    expect(calls).toEqual([0]);
  });
});
