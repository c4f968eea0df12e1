import { describe, expect, it } from 'vitest';

import type { Cluster, ClusterNode, KeyOperation } from '../cluster.ts';
import type { Route } from '../membership/route.ts';
import { maySkip } from './skipped.ts';

interface Situation {
  /** When the write computed its route, and what it is when the write has read the fences. */
  readonly modes: readonly [Route['mode'], Route['mode']];
  readonly health?: ClusterNode['health'];
  readonly failsAtOnce?: boolean;
  readonly answersProbe?: boolean;
}

async function mayLeaveOut({ modes, health = 'down', failsAtOnce = true, answersProbe = false }: Situation): Promise<{
  readonly answer: boolean;
  readonly probes: number;
}> {
  let probes = 0;
  const probeNow = (): Promise<boolean> => {
    probes += 1;
    return Promise.resolve(answersProbe);
  };
  const [then, now] = modes.map((mode) => ({ mode }) as Route) as [Route, Route];
  const cluster = { route: () => now, node: () => ({ health, failsAtOnce, probeNow }) } as unknown as Cluster;
  return { answer: await maySkip({ cluster, key: 'key', options: undefined }, then, ['10.0.0.1:11211']), probes };
}

describe('a node that a write left out', () => {
  it.each<[string, Situation, boolean, number]>([
    ['may be, where all clients act on a view without it', { modes: ['handover', 'handover'] }, true, 0],
    ['may not be, where another client acts on a view with it since', { modes: ['handover', 'overlap'] }, false, 0],
    ['may be, where another client may act on it and it refuses', { modes: ['overlap', 'overlap'] }, true, 1],
    ['may not be, where it answers a probe', { modes: ['overlap', 'overlap'], answersProbe: true }, false, 1],
    ['may not be, where it has returned', { modes: ['overlap', 'overlap'], health: 'up' }, false, 0],
    ['is not waited for where it hangs', { modes: ['overlap', 'overlap'], failsAtOnce: false }, true, 0],
  ])('%s', async (_, situation, answer, probes) => {
    await expect(mayLeaveOut(situation)).resolves.toEqual({ answer, probes });
  });

  it('needs no look where there is none', async () => {
    await expect(maySkip({} as KeyOperation, { mode: 'overlap' } as Route, [])).resolves.toBe(true);
  });
});
