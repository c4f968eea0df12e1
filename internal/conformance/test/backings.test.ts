import { memoryBacking } from '@sess/session';
import { backingConformance, type BackingBench } from '../src/index.ts';

backingConformance({
  name: 'memory',
  open: async () => {
    // All that a backing may have is there.
    const backing = memoryBacking() as BackingBench['backing'];
    return { backing, other: backing, [Symbol.asyncDispose]: async () => {} };
  },
});
