import type { Reading } from '@sess/metrics';
import { expect, it } from 'vitest';

import { DepartedSeries } from './departed-series.ts';

const of = (node: string, name: Reading['name'], value: number, more: Reading['attributes'] = {}): Reading => ({
  name,
  attributes: { 'server.address': node, 'server.port': 1, ...more },
  value,
});
const down = (node: string): Reading => of(node, 'sess.node.state', 1, { 'sess.node.state': 'down' });
const draining = (phase: string): Reading => of('a', 'sess.node.draining', 1, { 'sess.drain.phase': phase });
const pending: Reading = {
  name: 'db.client.connection.pending_requests',
  attributes: { 'db.client.connection.pool.name': 'b:1' },
  value: 3,
};
const ring: Reading = { name: 'sess.ring.fingerprint', attributes: {}, value: 7 };

it('tells zero once of a node that has left, and nothing of what is no node', () => {
  const series = new DepartedSeries();
  const evicted = of('b', 'sess.node.evictions', 5);
  series.with([down('a'), down('b'), of('b', 'sess.node.items', 9), pending, evicted, ring]);
  expect(series.with([down('a')])).toEqual([
    down('a'),
    { ...down('b'), value: 0 },
    of('b', 'sess.node.items', 0),
    { ...pending, value: 0 },
  ]);
  expect(series.with([down('a')])).toEqual([down('a')]);
});

it('tells that a phase of a drain is over, and leaves the counters of a node that is silent as they were', () => {
  const series = new DepartedSeries();
  series.with([down('a'), draining('draining'), of('a', 'sess.node.items', 9)]);
  expect(series.with([down('a'), draining('drained')])).toEqual([
    down('a'),
    draining('drained'),
    { ...draining('draining'), value: 0 },
  ]);
  expect(series.with([])).toContainEqual(of('a', 'sess.node.items', 0));
});
