import type { Client, Ring } from '@sess/client';
import { expect, it } from 'vitest';

import { ringFindings, type RingInUse } from './doctor-rings.ts';

const NOW = 1_000_000_000;

function inUse(fingerprint: string, ids: readonly string[], more: Partial<RingInUse & Ring> = {}): RingInUse {
  const { since = NOW - 60_000, isOurs = false, copies = 1 } = more;
  const nodes = ids.map((id) => ({ id }));
  return { ring: { fingerprint, nodes, since, confirmedAt: NOW }, copies, isOurs };
}

const look = { copies: 1, client: { topology: { rotation: ['a:1', 'b:1'] } } as unknown as Client };
const find = (...rings: RingInUse[]): ReturnType<typeof ringFindings> => ringFindings(rings, look, NOW);
const OURS = inUse('00000000000a', ['a:1', 'b:1'], { isOurs: true, since: 1 });

it('finds nothing where every application server acts on the ring that was told', () => {
  expect(find()).toEqual([]);
  expect(find(OURS)).toEqual([]);
});

it.each<[string, RingInUse, RegExp]>([
  ['another list', inUse('00000000000b', ['a:1', 'c:1']), /without b:1, with c:1/],
  ['other copies', inUse('00000000000b', ['a:1', 'b:1'], { copies: 2 }), /copies: 2 instead of 1/],
  ['other settings', inUse('00000000000b', ['a:1', 'b:1']), /same nodes with other weights, zones or distribution/],
])('names two rings as the metric does, with what is different: %s', (_what, other, difference) => {
  expect(find(other, OURS)).toMatchObject([
    { check: 'fingerprints', level: 'warning', what: expect.stringMatching(difference) },
  ]);
  expect(find(other, OURS)[0]?.what).toMatch(/act on 2 rings: 00000000000a, as a metric 10 .* as a metric 11 /);
});

it('is an alarm when a change would be over', () => {
  const since = NOW - 301_000;
  expect(find(OURS, inUse('b', ['a:1'], { since }))).toMatchObject([{ level: 'error' }]);
  // They disagree since the second ring began; later ones don't matter.
  expect(find(OURS, inUse('b', ['a:1'], { since }), inUse('c', ['c:1']))).toMatchObject([
    { level: 'error', what: expect.stringContaining('3 rings') },
  ]);
});

it('tells a list or settings of its own from a fleet that disagrees', () => {
  expect(find(inUse('b', ['a:1', 'c:1']))).toMatchObject([{ check: 'list', level: 'warning' }]);
  expect(find(inUse('b', ['b:1', 'a:1'], { copies: 2 }))).toMatchObject([
    { check: 'settings', level: 'error', what: expect.stringContaining('copies: 2') },
  ]);
});
