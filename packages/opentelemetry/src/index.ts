export { observeSessions, type ObserveOptions, type Observing } from './observe-sessions.ts';
