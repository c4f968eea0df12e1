export { afterWorking, WorkingClock, type WorkingClockOptions } from './working-clock.ts';
export { SleepWatch } from './sleep-watch.ts';
