export { transportConformance } from './transport-suite.ts';
export type { TransportCapabilities, TransportSubject } from './transport/subject.ts';
