import { memoryBacking } from '@sess/session';
import { backingConformance, type BackingBench } from '../src/index.ts';

backingConformance({
  name: 'memory',
  open: async () => {
    // It has all optional parts of a backing.
    const backing = memoryBacking() as BackingBench['backing'];
    return { backing, other: backing, [Symbol.asyncDispose]: async () => {} };
  },
});
