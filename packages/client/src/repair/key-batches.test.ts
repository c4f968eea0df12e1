import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import { pause } from '../pause.ts';
import type { ListingCluster } from './migrate-key.ts';
import { forKeysOn } from './key-batches.ts';

function clusterOf(clock: FakeClock, keys: readonly string[]): ListingCluster {
  async function* keysOn(): AsyncGenerator<string> {
    yield* keys;
  }
  return {
    clock,
    keysOn,
    pause: (ms: number, signal: AbortSignal | undefined) => pause(clock, ms, signal),
  } as unknown as ListingCluster;
}

const KEYS = Array.from({ length: 5_000 }, (_, number) => `key-${number}`);

describe('going through the keys of a node', () => {
  it('brings each once, a few at a time, at most so many a second', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const work = async (keys: readonly string[]): Promise<void> => void seen.push(...keys);
    const walk = forKeysOn(clusterOf(clock, KEYS), 'node', { keysPerSecond: 1_000 }, undefined, work);
    await clock.pass(1_000);
    expect(seen.length).toBeGreaterThan(900);
    expect(seen.length).toBeLessThanOrEqual(1_100);
    await clock.pass(4_100);
    await walk;
    expect(seen).toEqual(KEYS);
  });

  it.each([
    [{ keysPerSecond: 1 }, 1],
    [{ keysPerSecond: 2_000 }, 8],
    [{ keysPerSecond: 2_000, batchMs: 1 }, 2],
    [{ keysPerSecond: 1_000, batchMs: 1 }, 1],
    [{ keysPerSecond: 5_000 }, 20],
    [{ keysPerSecond: 1_000_000 }, 32],
  ])('takes at %j %i at once: no burst that all others wait for', async (rate, atOnce) => {
    const clock = new FakeClock();
    const sizes: number[] = [];
    const work = async (keys: readonly string[]): Promise<void> => void sizes.push(keys.length);
    const walk = forKeysOn(clusterOf(clock, KEYS.slice(0, 64)), 'node', rate, undefined, work);
    await clock.pass(70_000);
    await walk;
    expect(Math.max(...sizes)).toBe(atOnce);
  });

  it('counts only those that are wanted, and lets the process breathe where most are not', async () => {
    const clock = new FakeClock();
    const batches: (readonly string[])[] = [];
    const wanted = new Set([KEYS[0], KEYS[4_999]]);
    const work = async (keys: readonly string[]): Promise<void> => void batches.push(keys);
    const walk = forKeysOn(clusterOf(clock, KEYS), 'node', { keysPerSecond: 1_000 }, undefined, work, (key) =>
      wanted.has(key),
    );
    await clock.pass(0);
    expect(batches).toEqual([[KEYS[0]]]);
    await clock.pass(10);
    await walk;
    expect(batches.flat()).toEqual([KEYS[0], KEYS[4_999]]);
    expect(batches.length).toBeGreaterThanOrEqual(5);
  });

  it('pauses after a millisecond of work, however few keys that was', async () => {
    const clock = new FakeClock();
    const LOOK_TAKES_MS = 0.01;
    let [busySince, longestMs] = [0, 0];
    const paused = { ...clusterOf(clock, KEYS), pause: async (): Promise<void> => void (busySince = clock.elapsed()) };
    const isWanted = (): boolean => {
      clock.work(LOOK_TAKES_MS);
      longestMs = Math.max(longestMs, clock.elapsed() - busySince);
      return false;
    };
    await forKeysOn(paused, 'node', { keysPerSecond: 1_000 }, undefined, async () => undefined, isWanted);
    expect(longestMs).toBeGreaterThan(0.5);
    expect(longestMs).toBeLessThan(2);
  });
});
