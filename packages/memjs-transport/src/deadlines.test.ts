import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

interface Timed {
  readonly name: string;
  readonly dueAt: number;
}

/** Lets time pass, and the turn of the event loop come to its end, for which the false clock takes another millisecond. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  vi.advanceTimersByTime(1);
}

const timed = (name: string, inMs: number): Timed => ({ name, dueAt: performance.now() + inMs });

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells each request when it is due, and only then', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(({ name }) => due.push(name));
    deadlines.add(timed('first', 100));
    vi.advanceTimersByTime(60);
    deadlines.add(timed('second', 100));
    vi.advanceTimersByTime(39);
    expect(due).toEqual([]);
    pass(1);
    expect(due).toEqual(['first']);
    pass(60);
    expect(due).toEqual(['first', 'second']);
  });

  it('does not tell a request that was answered', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(({ name }) => due.push(name));
    const answered = timed('answered', 100);
    deadlines.add(answered);
    deadlines.add(timed('late', 100));
    deadlines.delete(answered);
    pass(200);
    expect(due).toEqual(['late']);
  });

  it('lets what has arrived meanwhile be read first', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(({ name }) => due.push(name));
    const answered = timed('answered', 100);
    deadlines.add(answered);
    deadlines.add(timed('late', 100));
    // The order of the event loop: timers, then sockets, then immediates.
    setTimeout(() => deadlines.delete(answered), 100);
    pass(100);
    expect(due).toEqual(['late']);
  });

  it('has one timer for any number of requests, and none when there are none', () => {
    const deadlines = new Deadlines<Timed>(() => undefined);
    const requests = [timed('a', 100), timed('b', 100), timed('c', 100)];
    for (const request of requests) deadlines.add(request);
    expect(vi.getTimerCount()).toBe(1);
    for (const request of requests) deadlines.delete(request);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps one timer when a request is made in answer to one that was due', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(({ name }) => {
      due.push(name);
      if (name === 'first') deadlines.add(timed('again', 100));
    });
    deadlines.add(timed('first', 100));
    deadlines.add(timed('second', 150));
    pass(100);
    expect(vi.getTimerCount()).toBe(1);
    pass(50);
    expect(due).toEqual(['first', 'second']);
    pass(50);
    expect(due).toEqual(['first', 'second', 'again']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
