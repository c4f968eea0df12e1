import { expect, it } from 'vitest';

import { allowedBySchedule, parseDailyStep } from './daily-schedule.ts';

const at = (time: string): Date => new Date(`2026-11-29T${time}:30Z`);

it.each([
  ['06:59', 3],
  ['07:00', 9],
  ['21:59', 9],
  ['22:00', 3],
  ['23:59', 3],
  ['00:00', 3],
])('at %s the schedule 22:00=3 07:00=9 allows %i nodes', (time, nodes) => {
  expect(allowedBySchedule(['22:00=3', '07:00=9'].map(parseDailyStep), at(time))).toBe(nodes);
});

it('without a step, nothing is limited', () => {
  expect(allowedBySchedule([], at('12:00'))).toBeUndefined();
});
