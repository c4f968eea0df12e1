import { METRICS } from '@sess/metrics';
import { describe, expect, it } from 'vitest';

import { Interval, Totals } from './interval.ts';
import { PUBLISHED } from './published.ts';

describe('an interval', () => {
  it('adds up what happened, by the one attribute that is a dimension', () => {
    const interval = new Interval();
    for (const [cause, node] of [
      ['evicted', 'a'],
      ['evicted', 'b'],
      ['expired', 'a'],
    ])
      interval.add('sess.session.misses', { 'sess.miss.cause': cause ?? '', 'server.address': node ?? '' }, 1);
    expect(interval.series.map(({ dimension, values }) => [dimension, values])).toEqual([
      [{ Cause: 'evicted' }, [2]],
      [{ Cause: 'expired' }, [1]],
    ]);
  });

  it('holds a hundred durations of a million, of its beginning and of its end alike', () => {
    const interval = new Interval();
    for (let index = 0; index < 100_000; index += 1)
      interval.sample('db.client.operation.duration', { 'db.operation.name': 'get' }, index);
    const values = interval.series[0]?.values ?? [];
    expect(values.length).toBe(100);
    // Without the later ones, or without the first ones, the mean would be 50 or near 100,000.
    const mean = values.reduce((sum, value) => sum + value, 0) / 100;
    expect(mean).toBeGreaterThan(25_000);
    expect(mean).toBeLessThan(75_000);
  });

  it('leaves out what is not published', () => {
    const interval = new Interval();
    interval.add('sess.foreign_items', {}, 1);
    expect(interval.series).toEqual([]);
  });

  it('names only metrics and attributes that there are, and no node', () => {
    for (const [name, by] of Object.entries(PUBLISHED)) {
      const { attributes } = METRICS[name as keyof typeof METRICS];
      if (by === undefined) continue;
      expect(attributes).toContain(by.attribute);
      expect(by.attribute).not.toMatch(/server|peer|pool/);
      expect(Object.keys(PUBLISHED)).not.toContain(by.dimension);
    }
  });
});

describe('totals', () => {
  it('are what came since the last interval, also after a restart', () => {
    const totals = new Totals();
    const read = (value: number): unknown =>
      totals.since([{ name: 'sess.node.evictions', attributes: { 'server.address': 'a' }, value }])[0]?.value;
    expect([read(100), read(130), read(130), read(7), read(9)]).toEqual([0, 30, 0, 7, 2]);
  });
});
