import { expect, it } from 'vitest';

import { ReturnedNode, type RereplicatingCluster } from './rereplication-task.ts';

it('takes no rereplication for its own that was completed before the node returned, by the later of both clocks', () => {
  const cluster = {
    clock: { now: () => 1_000, latest: () => 18_000 },
    rotation: { sources: ['a:1', 'b:1'] },
  } as unknown as RereplicatingCluster;
  expect(new ReturnedNode(cluster, 'a:1').plan()).toMatchObject({ since: 18_000, sources: ['b:1'] });
});
