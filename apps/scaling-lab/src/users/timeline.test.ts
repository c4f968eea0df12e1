import { describe, expect, it } from 'vitest';
import { Timeline } from './timeline.ts';

describe('Timeline', () => {
  it('counts answers in bins of a quarter of a second, from the first event on', () => {
    let now = 10_000;
    const timeline = new Timeline(() => now);
    timeline.answer('logged-in', false);
    now = 10_500;
    timeline.mark('a node is added');
    timeline.answer('logged-out', false);
    now = 10_700;
    timeline.answer('logged-in', true);
    const { bins, marks } = timeline.record;
    expect(bins.map(({ atMs }) => atMs)).toEqual([-500, 0]);
    expect(bins[1]).toMatchObject({ answers: { 'logged-in': 1, 'logged-out': 1 }, older: 1 });
    expect(marks).toEqual([{ atMs: 0, text: 'a node is added' }]);
  });

  it('begins with the first answer when nothing happened, and is empty when nothing was asked', () => {
    const timeline = new Timeline(() => 10_100);
    timeline.answer('logged-in', false);
    expect(timeline.record.bins.map(({ atMs }) => atMs)).toEqual([0]);
    expect(new Timeline(() => 0).record).toMatchObject({ bins: [], marks: [] });
  });
});
