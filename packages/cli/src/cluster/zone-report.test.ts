import { ketama } from '@sess/hash-ring';
import { expect, it } from 'vitest';

import { zoneReport } from './zone-report.ts';

const ring = (...zones: (string | undefined)[]): ReturnType<typeof ketama> =>
  ketama(zones.map((zone, index) => ({ id: `10.0.0.${index + 1}:11211`, ...(zone !== undefined && { zone }) })));

it('is none where zones decide nothing', () => {
  expect(zoneReport(ring('a', 'b'), 1)).toBeUndefined();
  expect(zoneReport(ring(undefined, undefined), 2)).toBeUndefined();
});

it('finds too few zones, a zone that is too small, and nodes without one', () => {
  expect(zoneReport(ring('a', 'b', 'c'), 2)).toMatchObject({ areTooFew: false, small: [], unknown: [] });
  expect(zoneReport(ring('a', 'a', 'b'), 3)).toMatchObject({ areTooFew: true });
  expect(zoneReport(ring('a', 'a'), 2)).toMatchObject({ areTooFew: true, small: [] });
  const small = zoneReport(ring('a', 'a', 'a', 'a', 'b'), 2);
  expect(small?.small).toMatchObject([{ zone: 'b', nodes: 1, held: 0.5 }]);
  expect(zoneReport(ring('a', 'b', undefined), 2)).toMatchObject({ unknown: ['10.0.0.3:11211'] });
});
