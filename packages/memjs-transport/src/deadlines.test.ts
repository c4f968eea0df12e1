import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

interface Timed {
  readonly name: string;
}

/** Lets time pass and the turn of the event loop end, for which the fake clock needs another millisecond. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  vi.advanceTimersByTime(1);
}

const TIMEOUT_MS = 100;
const timed = (name: string): Timed => ({ name });

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells each request when it is due, and only then', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(TIMEOUT_MS, ({ name }) => due.push(name));
    deadlines.add(timed('first'));
    vi.advanceTimersByTime(60);
    deadlines.add(timed('second'));
    vi.advanceTimersByTime(39);
    expect(due).toEqual([]);
    pass(1);
    expect(due).toEqual(['first']);
    pass(60);
    expect(due).toEqual(['first', 'second']);
  });

  it('does not tell a request that was answered', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(TIMEOUT_MS, ({ name }) => due.push(name));
    const answered = timed('answered');
    deadlines.add(answered);
    deadlines.add(timed('late'));
    deadlines.delete(answered);
    pass(200);
    expect(due).toEqual(['late']);
  });

  it('lets what has arrived meanwhile be read first', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(TIMEOUT_MS, ({ name }) => due.push(name));
    const answered = timed('answered');
    deadlines.add(answered);
    deadlines.add(timed('late'));
    // The order of the event loop: timers, then sockets, then immediates.
    setTimeout(() => deadlines.delete(answered), 100);
    pass(100);
    expect(due).toEqual(['late']);
  });

  it('has one timer for any number of requests, and none when there are none', () => {
    const deadlines = new Deadlines<Timed>(TIMEOUT_MS, () => undefined);
    const requests = [timed('a'), timed('b'), timed('c')];
    for (const request of requests) deadlines.add(request);
    expect(vi.getTimerCount()).toBe(1);
    for (const request of requests) deadlines.delete(request);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps one timer when a request is made in answer to one that was due', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(TIMEOUT_MS, ({ name }) => {
      due.push(name);
      if (name === 'first') deadlines.add(timed('again'));
    });
    deadlines.add(timed('first'));
    deadlines.add(timed('second'));
    pass(100);
    expect(vi.getTimerCount()).toBe(1);
    pass(50);
    expect(due).toEqual(['first', 'second']);
    pass(50);
    expect(due).toEqual(['first', 'second', 'again']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
