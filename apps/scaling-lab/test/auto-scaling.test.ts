import { describe, expect, inject, test } from 'vitest';

import { runAutoScaling } from '../src/auto-scaling/run-auto-scaling.ts';
import { AUTO_SCALING_SCENARIOS } from '../src/auto-scaling/scenarios.ts';
import { SCALING_STRATEGIES } from '../src/auto-scaling/strategies.ts';

/** Each takes about a minute, most of which is waiting. */
describe.runIf(inject('long'))('while AWS scales the cluster', { timeout: 600_000 }, () => {
  const options = {
    runtime: 'embedded',
    users: 60,
    cycles: 1,
    timeScale: 60,
    signal: new AbortController().signal,
  } as const;

  test.each(['target-tracking', 'scale-in-in-deploy', 'vertical'] as const)(
    '%s logs nobody out with the guard, and nobody comes back who logged out',
    async (scenario) => {
      const result = await runAutoScaling(AUTO_SCALING_SCENARIOS[scenario], SCALING_STRATEGIES['sess-guard'], options);
      expect(result).toMatchObject({ users: 60, loggedOut: 0, revived: 0, isBroken: false });
    },
  );

  test('AWS as it is logs users out who have one copy', async () => {
    const result = await runAutoScaling(AUTO_SCALING_SCENARIOS['target-tracking'], SCALING_STRATEGIES.sess, options);
    expect(result.loggedOut).toBeGreaterThan(0);
    expect(result.revived).toBe(0);
  });
});
