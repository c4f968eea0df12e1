import { describe, expect, it } from 'vitest';

import { announcedReplacements } from './replacements.ts';

const events = (...messages: readonly string[]): { date: Date; message: string }[] =>
  messages.map((message, index) => ({ date: new Date(1_000 * (index + 1)), message }));

describe('a replacement that AWS announces', () => {
  it.each([
    'Cache node 0002 is scheduled for replacement during the next maintenance window',
    'Node replacement scheduled for cache nodes 0002',
    'ElastiCache:NodeReplacementScheduled : shop : 0002',
  ])('is read from "%s"', (message) => {
    expect([...announcedReplacements(events(message), ['0001', '0002'])]).toEqual([['0002', 1_000]]);
  });

  it.each(['Finished recovery for cache nodes 0002', 'Node replacement canceled for cache node 0002'])(
    'is over after "%s"',
    (message) => {
      const announced = events('Cache node 0002 is scheduled for replacement', message);
      expect(announcedReplacements(announced, ['0002']).size).toBe(0);
    },
  );

  it('is not read from events about something else, or about nodes that are gone', () => {
    const others = events(
      'Added cache node 0002',
      'Cache node 0009 is scheduled for replacement',
      'Cache cluster created',
    );
    expect(announcedReplacements(others, ['0001', '0002']).size).toBe(0);
  });
});
