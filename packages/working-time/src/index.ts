export { onAbort } from './abort-watch.ts';
export { afterWorking, WorkingClock, type WorkingClockOptions } from './working-clock.ts';
export { SleepWatch } from './sleep-watch.ts';
export { beginWork, endWork } from './work-under-way.ts';
