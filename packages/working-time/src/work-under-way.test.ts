import { afterEach, describe, expect, it } from 'vitest';
import { beginWork, endWork } from './work-under-way.ts';

/** Timers that keep this process running. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

describe('work under way', () => {
  let begun = 0;
  const begin = (): void => {
    begun += 1;
    beginWork();
  };
  const end = (): void => {
    begun -= 1;
    endWork();
  };
  afterEach(() => {
    for (let left = begun; left > 0; left -= 1) end();
  });

  it('keeps the process running until all of it has ended, again and again', () => {
    // The test's own time limit is one of them.
    const before = timers();
    for (let round = 0; round < 3; round += 1) {
      expect(timers()).toBe(before);
      begin();
      begin();
      expect(timers()).toBe(before + 1);
      end();
      expect(timers()).toBe(before + 1);
      end();
      expect(timers()).toBe(before);
    }
  });
});
