export type { BackingBench, BackingSubject } from './backing/bench.ts';
export { backingConformance } from './backing-suite.ts';
export type { SessionStoreBench, SessionStoreSubject } from './session-store/bench.ts';
export { sessionStoreConformance } from './session-store-suite.ts';
export type { TransportCapabilities, TransportSubject } from './transport/subject.ts';
export { transportConformance } from './transport-suite.ts';
export {
  LIFETIME_SECONDS,
  type LibraryApp,
  type LibraryAppOptions,
  type SessionLibrarySubject,
} from './session-library/subject.ts';
export { sessionLibraryConformance } from './session-library-suite.ts';
export { Browser, type Answer } from './browser.ts';
export { failingStore, type FailingStore } from './failing-store.ts';
export { serve, type Served } from './serve.ts';
export { renewalConformance, type RenewalSubject } from './renewal-suite.ts';
export { until } from './until.ts';
export { warningsOfOutage } from './warnings-of-outage.ts';
