import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

interface Timed {
  readonly name: string;
  readonly dueAt: number;
}

const timed = (name: string, inMs: number): Timed => ({ name, dueAt: performance.now() + inMs });

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
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
    vi.advanceTimersByTime(1);
    expect(due).toEqual(['first']);
    vi.advanceTimersByTime(60);
    expect(due).toEqual(['first', 'second']);
  });

  it('does not tell a request that was answered', () => {
    const due: string[] = [];
    const deadlines = new Deadlines<Timed>(({ name }) => due.push(name));
    const answered = timed('answered', 100);
    deadlines.add(answered);
    deadlines.add(timed('late', 100));
    deadlines.delete(answered);
    vi.advanceTimersByTime(200);
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
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(50);
    expect(due).toEqual(['first', 'second']);
    vi.advanceTimersByTime(50);
    expect(due).toEqual(['first', 'second', 'again']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
