/** The part of the simulation that tests use. */
export { MUTATIONS } from './mutation.ts';
export { FAULTS, FINISHING_FAULTS, HARSH_FAULTS } from './scenario.ts';
export { shrink } from './shrink.ts';
export { UNPROMISED } from './unpromised.ts';
export { Totals } from './totals.ts';
export { World } from './world.ts';
