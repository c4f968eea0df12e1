import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';

import type { Distribution } from '../src/index.ts';
import { ketama, modulo, rendezvous } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const nodes = Array.from({ length: 32 }, (_, index) => ({ id: `10.0.0.${index}:11211`, weight: 1 + (index % 3) }));
// Keys of one and of two MD5 blocks, some with UTF-8.
const keys = Array.from(
  { length: 1000 },
  (_, index) => `sess:${'x'.repeat(40 + (index % 20))}${index}${index % 10 === 0 ? 'é' : ''}`,
);

const ROUNDS = 10;
const CALLS_PER_ROUND = 100_000;
/**
 * The smallest object of V8 has 16 bytes, so an allocation in one of sixteen calls would exceed this in every round.
 */
const BYTES_PER_CALL = 1;

test.each<[string, Distribution]>([
  ['ketama', ketama(nodes)],
  ['ketama, libmemcached', ketama(nodes, { compatibleWith: 'libmemcached' })],
  ['modulo', modulo(nodes)],
  ['rendezvous', rendezvous(nodes)],
  ['ketama over one node', ketama(nodes.slice(0, 1))],
])('a million lookups in %s leave nothing on the heap', (_name, distribution) => {
  // Compilers allocate while they work, and may run again at any time: that shows in one round, an allocation per
  // call in all.
  for (let round = 0; round < ROUNDS; round += 1) lookUp(distribution);
  const grown: number[] = [];
  // Rounds below 0 don't count: a process's own heap settles in its first few collections, whatever runs between
  // them.
  for (let round = -ROUNDS; round < ROUNDS; round += 1) {
    // A round is too short to fill the young generation, so nothing is collected before the count.
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    lookUp(distribution);
    if (round >= 0) grown.push(process.memoryUsage().heapUsed - before);
  }
  const inMostRounds = grown.toSorted((one, other) => one - other)[ROUNDS / 2] ?? Number.NaN;
  expect(inMostRounds / CALLS_PER_ROUND).toBeLessThan(BYTES_PER_CALL);
});

test('the measure sees a small object per call', () => {
  const held: object[] = [];
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let call = 0; call < CALLS_PER_ROUND; call += 1) held[call % 10] = { call };
  expect((process.memoryUsage().heapUsed - before) / CALLS_PER_ROUND).toBeGreaterThan(BYTES_PER_CALL);
});

function lookUp(distribution: Distribution): void {
  for (let call = 0; call < CALLS_PER_ROUND; call += 1) distribution.owner(keys[call % keys.length] ?? '');
}
