import { expect, it } from 'vitest';

import type { NodeFigures, NodeReport } from './node-report.ts';
import { growth } from './rates.ts';

function node(figures: Partial<NodeFigures>): NodeReport {
  const counted = { uptimeSeconds: 100, requests: 0, hits: 0, misses: 0, expired: 0, flushed: 0, evictions: 0 };
  return { id: 'a:1', figures: { ...counted, ...figures } } as NodeReport;
}

it('what a node counts between two looks is without the reads of the command itself', () => {
  const before = node({ requests: 100, hits: 90, misses: 10 });
  const after = node({ requests: 160, hits: 120, misses: 40 });
  expect(growth([before], [after]).get('a:1')).toMatchObject({ requests: 60, hits: 30, misses: 30 });
  const looks = new Map([['a:1', { requests: 50, misses: 30 }]]);
  expect(growth([before], [after], looks).get('a:1')).toMatchObject({ requests: 10, hits: 10, misses: 0 });
});
