import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { pause } from '../pause.ts';
import type { ListingCluster } from './migrate-key.ts';
import { Pace } from './pace.ts';

const KEYS_PER_SECOND = 2_000;
const BATCH = 8;
const SECOND = 1_000;

/** A process with an endless series of batches, each of which takes `takesMs`. */
class Worker {
  readonly clock = new FakeClock();
  keys = 0;
  /** When batches began. */
  readonly begun: number[] = [];
  readonly #takesMs: number;
  readonly #stop = new AbortController();

  constructor(takesMs = 1) {
    this.#takesMs = takesMs;
    void this.#work();
  }

  async #work(): Promise<void> {
    const wait = (ms: number, signal: AbortSignal | undefined): Promise<void> => pause(this.clock, ms, signal);
    const pace = new Pace({ clock: this.clock, pause: wait } as unknown as ListingCluster, KEYS_PER_SECOND);
    while (!this.#stop.signal.aborted) {
      this.begun.push(this.clock.elapsed());
      await wait(this.#takesMs, undefined);
      this.keys += BATCH;
      await pace.rest(BATCH, 0, this.#stop.signal);
    }
  }

  /** Handlers of the application block the event loop for `ms` of every `everyMs`. */
  handle(ms: number, everyMs: number): () => void {
    let isOn = true;
    const next = (): void => {
      this.clock.after(everyMs, () => {
        if (!isOn) return;
        this.clock.work(ms);
        next();
      });
    };
    next();
    return () => {
      isOn = false;
    };
  }

  async keysIn(ms: number): Promise<number> {
    const before = this.keys;
    await this.clock.pass(ms);
    return this.keys - before;
  }

  stop(): void {
    this.#stop.abort();
  }
}

describe('the pace of background work', () => {
  it('keeps its rate in a process that has nothing else to do', async () => {
    const worker = new Worker();
    expect(await worker.keysIn(SECOND)).toBeGreaterThan(0.98 * KEYS_PER_SECOND);
    expect(await worker.keysIn(9 * SECOND)).toBeLessThanOrEqual(9 * KEYS_PER_SECOND + BATCH);
    worker.stop();
  });

  it('slows down while the process is busy, and is as fast as before when it no longer is', async () => {
    const worker = new Worker();
    const idle = await worker.keysIn(SECOND);
    const end = worker.handle(9, 1);
    expect(await worker.keysIn(SECOND)).toBeLessThan(idle / 3);
    end();
    await worker.keysIn(SECOND / 10);
    expect(await worker.keysIn(SECOND)).toBeGreaterThan(0.98 * KEYS_PER_SECOND);
    worker.stop();
  });

  it('rests for longer once the event loop was late, because callers waited, too', async () => {
    const LONGEST_REST_MS = 10;
    const worker = new Worker();
    // Batches take a millisecond of every four: this is a rest.
    await worker.keysIn(SECOND + 2);
    worker.clock.work(2 * LONGEST_REST_MS);
    const batches = worker.begun.length;
    await worker.keysIn(SECOND);
    const [first = 0, second = 0, third = 0] = worker.begun.slice(batches);
    expect(second - first).toBeGreaterThanOrEqual(LONGEST_REST_MS);
    expect(third - second).toBeLessThan(LONGEST_REST_MS);
    worker.stop();
  });

  it('ends in a process that is always busy', async () => {
    const worker = new Worker();
    worker.handle(200, 1);
    expect(await worker.keysIn(10 * SECOND)).toBeGreaterThan(20 * BATCH);
    worker.stop();
  });

  it('does not catch up after a process was blocked: that would be a burst', async () => {
    const worker = new Worker();
    await worker.keysIn(SECOND);
    worker.clock.work(SECOND);
    expect(await worker.keysIn(SECOND / 10)).toBeLessThanOrEqual((KEYS_PER_SECOND / 10) * 1.1);
    worker.stop();
  });

  it('rests between batches however far it is behind its rate', async () => {
    const takesMs = 40;
    const worker = new Worker(takesMs);
    await worker.keysIn(SECOND);
    const cycles = worker.begun.slice(1).map((at, index) => at - (worker.begun[index] ?? 0));
    expect(Math.min(...cycles)).toBeGreaterThan(takesMs);
    worker.stop();
  });

  it('leaves three quarters of the event loop to others while it only looks at keys', async () => {
    const clock = new FakeClock();
    const wait = (ms: number): Promise<void> => pause(clock, ms, undefined);
    const pace = new Pace({ clock, pause: wait } as unknown as ListingCluster, KEYS_PER_SECOND);
    let blockedMs = 0;
    const work = async (): Promise<void> => {
      while (clock.elapsed() < SECOND) {
        clock.work(1);
        blockedMs += 1;
        await pace.rest(0, 1, undefined);
      }
    };
    const done = work();
    await clock.pass(SECOND + 10);
    await done;
    expect(blockedMs).toBeGreaterThan(0.2 * SECOND);
    expect(blockedMs).toBeLessThanOrEqual(0.26 * SECOND);
  });

  it('stops at once', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const cluster = { clock, pause: (ms: number, signal: AbortSignal) => pause(clock, ms, signal) };
    const resting = new Pace(cluster as unknown as ListingCluster, 1).rest(1, 0, stop.signal);
    stop.abort();
    await resting;
    expect(clock.timers).toBe(0);
  });
});
