/** The simulation, as `scripts/simulation.ts` has made it ready: see there why. */
import { createRequire } from 'node:module';
import { inject } from 'vitest';

import type * as Simulation from './simulation/index.ts';

export const { FAULTS, FINISHING_FAULTS, HARSH_FAULTS, MUTATIONS, shrink, Totals, UNPROMISED, World } = createRequire(
  import.meta.url,
)(inject('simulation')) as typeof Simulation;
