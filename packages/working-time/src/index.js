export { afterWorking, WorkingClock } from './working-clock.ts';
export { SleepWatch } from './sleep-watch.ts';
