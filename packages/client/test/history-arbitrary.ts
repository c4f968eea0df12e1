import * as fc from 'fast-check';

import {
  confirmed,
  viewId,
  type Closing,
  type DrainMark,
  type History,
  type ViewEntry,
} from '../src/membership/history.ts';

// Few names and times, so that two histories have much to agree and to disagree about.
const ids = fc.constantFrom('10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211', '[::1]:11211');
const times = fc.nat({ max: 8 });

const entries: fc.Arbitrary<ViewEntry> = fc
  .record({
    nodes: fc.uniqueArray(
      fc.record(
        { id: ids, weight: fc.constantFrom(1, 2, 0.5), zone: fc.constantFrom('use1-az1', 'use1-az2') },
        { requiredKeys: ['id', 'weight'] },
      ),
      { selector: ({ id }) => id, minLength: 1, maxLength: 3 },
    ),
    copies: fc.constantFrom(1, 2),
    distribution: fc.constantFrom('', '0123456789ab', 'ordered-0123456789ab'),
    cause: fc.constantFrom('discovery', 'node-down', 'node-recovered', 'drain'),
    since: times,
    confirmedAt: times,
    latest: times,
    ttlSeconds: times,
  })
  .map((entry) => confirmed(entry, entry));

const marks: fc.Arbitrary<DrainMark> = fc
  .record({ drained: fc.boolean(), isDone: fc.boolean(), began: times, at: times })
  .map((mark) => ({ ...mark, isDone: mark.drained && mark.isDone }));

const closings: fc.Arbitrary<Closing> = fc.record({ confirmedAt: times, isClosed: fc.boolean() });

const wholeness: fc.Arbitrary<Pick<History, 'isWhole' | 'forgottenAt'>> = fc.oneof(
  fc.constant({ isWhole: true, forgottenAt: 0 }),
  times.map((forgottenAt) => ({ isWhole: false, forgottenAt })),
);

/** Histories as clients and nodes may have them. */
export const histories: fc.Arbitrary<History> = fc
  .record({
    cluster: fc.constantFrom('', 'a-cluster'),
    views: fc.array(entries, { maxLength: 5 }).map((list) => new Map(list.map((entry) => [viewId(entry), entry]))),
    drains: fc.array(fc.tuple(ids, marks), { maxLength: 4 }).map((list) => new Map(list)),
    closings: fc
      .array(fc.tuple(fc.constantFrom('0123456789abcdef', 'fedcba9876543210'), closings), { maxLength: 3 })
      .map((list) => new Map(list)),
    truncatedUntil: times,
    wholeness,
  })
  .map(({ wholeness: whole, ...rest }) => ({ ...rest, ...whole }));
