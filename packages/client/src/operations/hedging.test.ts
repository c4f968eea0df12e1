import { describe, expect, it } from 'vitest';

import { FakeClock, settled } from '../../test/fake-clock.ts';
import { Hedging } from './hedging.ts';
import type { Reply } from './replies.ts';

const TIMEOUT_MS = 500;
const [A, B] = ['10.0.0.1:11211', '10.0.0.2:11211'];

function answer(id: string): Reply {
  return { id, entry: undefined, failure: undefined };
}

/** An answer that comes when the test says so. */
function replyLater(): { readonly promise: Promise<Reply>; readonly resolve: (reply: Reply) => void } {
  const made: { resolve?: (reply: Reply) => void } = {};
  const promise = new Promise<Reply>((resolve) => {
    made.resolve = resolve;
  });
  return { promise, resolve: (reply) => made.resolve?.(reply) };
}

/** Records `times` answers of node `id`, each after `tookMs` milliseconds. */
async function answers(hedging: Hedging, clock: FakeClock, id: string, tookMs: number, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const reply = replyLater();
    const timed = hedging.timed(id, reply.promise);
    await clock.pass(tookMs);
    reply.resolve(answer(id));
    await timed;
  }
}

function never(): Promise<Reply> {
  return new Promise(() => undefined);
}

describe('hedging', () => {
  it('waits for the usual tail of a node, learnt from its answers', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    await answers(hedging, clock, A, 2, 1_000);
    await answers(hedging, clock, B, 40, 1_000);
    for (const [id, soonMs, lateMs] of [
      [A, 2, 10],
      [B, 40, 80],
    ] as const) {
      let outcome: Reply | 'late' | undefined;
      void hedging.inTime(id, never()).then((came) => (outcome = came));
      await clock.pass(soonMs);
      expect(outcome).toBeUndefined();
      await clock.pass(lateMs - soonMs);
      expect(outcome).toBe('late');
    }
  });

  it('takes an answer in time, and leaves no timer', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    expect(await hedging.inTime(A, Promise.resolve(answer(A)))).toEqual(answer(A));
    expect(clock.timers).toBe(0);
  });

  it('pays for so many second requests, and not for more', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    let late = 0;
    for (let read = 0; read < 1_000; read += 1) {
      const reply = replyLater();
      const inTime = hedging.inTime(A, reply.promise);
      await clock.pass(40);
      reply.resolve(answer(A));
      if ((await inTime) === 'late') late += 1;
    }
    expect(late).toBeGreaterThanOrEqual(100);
    expect(late).toBeLessThanOrEqual(100 + 1_000 * 0.02 + 1);
  });

  it('pays for all where the node answers nobody', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    await answers(hedging, clock, A, 1, 1_000);
    let late = 0;
    // All at the same time, as after the process was busy.
    for (let read = 0; read < 1_000; read += 1)
      void hedging.inTime(A, hedging.timed(A, never())).then(() => (late += 1));
    await clock.pass(5);
    expect(late).toBeGreaterThan(90);
    expect(late).toBeLessThan(200);
    await clock.pass(60);
    expect(late).toBe(1_000);
  });

  it('asks a silent node last, and first once in a while', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    await answers(hedging, clock, A, 1, 1_000);
    expect(hedging.order([A, B])).toEqual([A, B]);
    void hedging.timed(A, never());
    await clock.pass(30);
    expect(hedging.order([A, B])).toEqual([A, B]);
    expect(hedging.order([A, B])).toEqual([B, A]);
    await clock.pass(99);
    expect(hedging.order([A, B])).toEqual([B, A]);
    await clock.pass(1);
    expect(hedging.order([A, B])).toEqual([A, B]);
    // Both are silent: no node is better.
    void hedging.timed(B, never());
    await clock.pass(90);
    expect(hedging.order([A, B])).toEqual([A, B]);
  });

  it('asks a node in its turn again that answers again', async () => {
    const clock = new FakeClock();
    const hedging = new Hedging(clock, TIMEOUT_MS);
    const reply = replyLater();
    const timed = hedging.timed(A, reply.promise);
    await clock.pass(100);
    hedging.order([A, B]);
    expect(hedging.order([A, B])).toEqual([B, A]);
    reply.resolve(answer(A));
    await timed;
    await settled();
    expect(hedging.order([A, B])).toEqual([A, B]);
  });
});
