import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';
import { Request } from './request.ts';
import { RequestQueue } from './request-queue.ts';

const TIMEOUT_MS = 100;

describe('Deadlines', () => {
  let queue: RequestQueue;
  let deadlines: Deadlines;
  let expired: string[];
  let stalls: number[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
    queue = new RequestQueue();
    expired = [];
    stalls = [];
    deadlines = new Deadlines(queue, TIMEOUT_MS, {
      expired: (request) => {
        expired.push(request.key);
        queue.abandon(request);
        request.settled = true;
      },
      stalled: (ms) => {
        stalls.push(ms);
        queue.takeSent();
      },
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function submit(key: string): Request {
    const request = new Request('get', key, 0);
    queue.push(request);
    deadlines.start();
    return request;
  }

  function send(key: string): Request {
    const request = submit(key);
    queue.markSent(request);
    return request;
  }

  it('lets each request have its time, with one timer', () => {
    submit('first');
    vi.advanceTimersByTime(60);
    submit('second');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(39);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(5);
    expect(expired).toEqual(['first']);
    vi.advanceTimersByTime(60);
    expect(expired).toEqual(['first', 'second']);
  });

  it('rests when nothing waits', () => {
    const request = send('first');
    queue.shift(request);
    vi.advanceTimersByTime(TIMEOUT_MS + 1);
    expect(expired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks at what the socket has waiting before it gives a request up', () => {
    const request = send('first');
    vi.advanceTimersByTime(TIMEOUT_MS - 1);
    // The answer is read in the same turn in which the timer fires.
    setTimeout(() => queue.shift(request), 1);
    vi.advanceTimersByTime(2);
    expect(expired).toEqual([]);
  });

  it('reports a connection that answers nothing for two timeouts after the first', () => {
    send('first');
    vi.advanceTimersByTime(TIMEOUT_MS * 3 - 5);
    expect([expired, stalls]).toEqual([['first'], []]);
    vi.advanceTimersByTime(20);
    expect(stalls).toEqual([2 * TIMEOUT_MS]);
    vi.advanceTimersByTime(10 * TIMEOUT_MS);
    expect(stalls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not take a slow connection for a dead one', () => {
    const requests = [send('0')];
    for (let turn = 1; turn < 20; turn += 1) {
      vi.advanceTimersByTime(TIMEOUT_MS);
      requests.push(send(String(turn)));
      // Every answer is a timeout and a half late.
      const oldest = turn > 1 ? requests.shift() : undefined;
      if (oldest !== undefined) queue.shift(oldest);
    }
    expect(stalls).toEqual([]);
    expect(expired.length).toBeGreaterThan(10);
  });

  it('has no timer after it was cleared', () => {
    send('first');
    deadlines.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10 * TIMEOUT_MS);
    expect([expired, stalls]).toEqual([[], []]);
  });
});
