import { expect, it } from 'vitest';

import { Random } from './simulation/random.ts';

const SEEDS = 20_000;
/** By how much each seed moved on in a generator whose streams were parts of one cycle. */
const STEP = 0x6d2b79f5;

function streamOf(random: Random, length = 3): string {
  return Array.from({ length }, () => random.next()).join();
}

it('has other numbers for every seed, in the forks as well', () => {
  const seeds = [716_016, 737_939, ...Array.from({ length: SEEDS }, (_, seed) => seed)];
  expect(new Set(seeds.map((seed) => streamOf(new Random(seed)))).size).toBe(seeds.length);
  expect(new Set(seeds.map((seed) => streamOf(new Random(seed).fork()))).size).toBe(seeds.length);
});

it('is for no seed the rest of what it is for another one', () => {
  const first = new Random(1);
  first.next();
  expect(streamOf(new Random((1 + STEP) >>> 0))).not.toBe(streamOf(first));
});

it('spreads evenly, for one seed and over neighbours', () => {
  const random = new Random(1);
  for (const draw of [(): number => random.next(), (seed: number): number => new Random(seed).fork().next()]) {
    const tenths = Array.from({ length: SEEDS }, (_, seed) => Math.floor(draw(seed) * 10));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = tenths.filter((each) => each === tenth).length / SEEDS;
      expect(Math.abs(share * 10 - 1)).toBeLessThan(0.1);
    }
  }
});
