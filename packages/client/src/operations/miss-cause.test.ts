import { describe, expect, it } from 'vitest';

import type { NodeCounters } from '../node/node-counters.ts';
import { causeOfMiss, type Found, type MissEvidence, type Placement } from './miss-cause.ts';

const [A, B, C] = ['a:1', 'b:1', 'c:1'];
const NOW = 1_000_000_000;
const minutes = (count: number): number => 60_000 * count;
const SEEN = NOW - minutes(5);
const QUIET: NodeCounters = { startedAt: NOW - minutes(600), evictions: 0, flushes: 0, isSince: true };
const CURRENT: Placement = { owners: [A], since: NOW - minutes(90), actedOnUntil: NOW, lost: new Set() };

/** A session seen five minutes ago that has not expired, on a quiet node that has been up for hours. */
function evidence(given: Partial<MissEvidence> = {}): MissEvidence {
  const placements = given.placements ?? [CURRENT];
  const owners = placements.flatMap(({ owners: ids }) => ids);
  return {
    now: NOW,
    startedAt: NOW - minutes(60),
    seenAt: SEEN,
    endsAt: NOW + minutes(15),
    ttlSeconds: 1_200,
    found: new Map(owners.map((id): [string, Found] => [id, 'nothing'])),
    placements,
    emptied: new Set(),
    counters: new Map(owners.map((id) => [id, QUIET])),
    ...given,
  };
}

function onA(counters: Partial<NodeCounters>): Pick<MissEvidence, 'counters'> {
  return { counters: new Map([[A, { ...QUIET, ...counters }]]) };
}

const UNSEEN = { seenAt: undefined, endsAt: undefined };
const EARLIER: Placement = {
  owners: [B],
  since: NOW - minutes(95),
  actedOnUntil: NOW - minutes(1),
  lost: new Set([B]),
};

describe('the cause of a miss', () => {
  it.each([
    ['a tombstone', { found: new Map<string, Found>([[A, 'tombstone']]) }, 'destroyed', 'certain'],
    ['bytes of another program', { found: new Map<string, Found>([[A, 'foreign']]) }, 'foreign', 'certain'],
    ['a record, now', { found: new Map<string, Found>([[A, 'record']]) }, 'unknown', 'possible'],
    ['its time was over', { endsAt: NOW }, 'expired', 'certain'],
    ['its time was over, on a node that evicts', { endsAt: NOW, ...onA({ evictions: 1 }) }, 'expired', 'likely'],
    ['its end is not known', { endsAt: undefined }, 'expired', 'likely'],
    ['a node that evicts', onA({ evictions: 1 }), 'evicted', 'likely'],
    ['a flush', onA({ flushes: 1 }), 'flushed', 'likely'],
    ['a flush that may be older than the session', onA({ flushes: 1, isSince: false }), 'flushed', 'possible'],
    ['evictions that may be older', onA({ evictions: 1, isSince: false }), 'evicted', 'possible'],
    ['a flush, and evictions', onA({ flushes: 1, evictions: 1 }), 'flushed', 'possible'],
    ['a node that started since', onA({ startedAt: SEEN + 1 }), 'node-restarted', 'certain'],
    ['a node that started before', onA({ startedAt: SEEN - 1 }), 'unknown', 'possible'],
    [
      'a node that started since, and its time was over',
      { endsAt: NOW, ...onA({ startedAt: NOW }) },
      'node-restarted',
      'possible',
    ],
    ['a node that tells nothing', { counters: new Map() }, 'unknown', 'possible'],
    ['a quiet node', {}, 'unknown', 'possible'],
    ['an earlier owner that is gone', { placements: [CURRENT, EARLIER] }, 'node-lost', 'likely'],
    [
      'an earlier owner that is gone, and a later one that started since',
      { placements: [{ ...CURRENT, since: SEEN + 1 }, EARLIER], ...onA({ startedAt: SEEN + 2 }) },
      'node-lost',
      'certain',
    ],
    [
      'an earlier owner that is gone, and nobody acted on it since',
      { placements: [CURRENT, { ...EARLIER, actedOnUntil: SEEN - 1 }] },
      'unknown',
      'possible',
    ],
    [
      'both copies gone',
      { placements: [CURRENT, { ...EARLIER, owners: [B, C], lost: new Set([B, C]) }] },
      'node-lost',
      'likely',
    ],
    ['one of two copies gone', { placements: [CURRENT, { ...EARLIER, owners: [B, C] }] }, 'unknown', 'possible'],
    [
      'an earlier owner that was drained, and is gone',
      { placements: [CURRENT, EARLIER], emptied: new Set([B]) },
      'unknown',
      'possible',
    ],
    [
      'an earlier owner that was drained, and the owner evicts',
      { placements: [CURRENT, EARLIER], emptied: new Set([B]), ...onA({ evictions: 1 }) },
      'evicted',
      'likely',
    ],
    [
      'an earlier owner that was lost, and is back',
      { placements: [CURRENT, { ...EARLIER, owners: [A], lost: new Set([A]) }] },
      'node-lost',
      'likely',
    ],
  ] as const)('%s', (_name, given, cause, certainty) => {
    expect(causeOfMiss(evidence(given as Partial<MissEvidence>))).toMatchObject({ cause, certainty });
  });

  it.each([
    ['nothing speaks against the node', {}, 'expired', 'likely'],
    ['a node that evicts', onA({ evictions: 1 }), 'evicted', 'possible'],
    [
      'a node that is younger than a session may be',
      onA({ startedAt: NOW - minutes(10) }),
      'node-restarted',
      'possible',
    ],
    ['a node that is older than that', onA({ startedAt: NOW - minutes(21) }), 'expired', 'likely'],
    ['a node that tells nothing', { counters: new Map() }, 'unknown', 'possible'],
    ['no time to live is known', { ttlSeconds: undefined }, 'unknown', 'possible'],
    ['an earlier owner that is gone', { placements: [CURRENT, EARLIER] }, 'node-lost', 'possible'],
    [
      'nobody acted on this cluster before',
      { startedAt: NOW - minutes(3), placements: [{ ...CURRENT, since: NOW - minutes(3) }] },
      'other-cluster',
      'possible',
    ],
    [
      'nobody acted on this cluster before, and all that lived then is over',
      { startedAt: NOW - minutes(30), placements: [{ ...CURRENT, since: NOW - minutes(30) }] },
      'expired',
      'likely',
    ],
  ] as const)('without a sighting: %s', (_name, given, cause, certainty) => {
    expect(causeOfMiss(evidence({ ...UNSEEN, ...(given as Partial<MissEvidence>) }))).toMatchObject({
      cause,
      certainty,
    });
  });

  it('names the node that is to blame', () => {
    expect(causeOfMiss(evidence(onA({ evictions: 1 })))).toEqual({ cause: 'evicted', certainty: 'likely', node: A });
    const lost = evidence({ placements: [CURRENT, EARLIER] });
    expect(causeOfMiss(lost)).toMatchObject({ node: B });
  });
});
