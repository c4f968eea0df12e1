export { AccountBook, type Account, type Begun, type Fault } from './account-book.ts';
export { Application } from './application.ts';
export { NamespacedNode } from './namespaced-node.ts';
export type { ClientSettings } from './orders.ts';
export { Workload, type WorkloadOptions } from './workload.ts';
export {
  agreementMsOf,
  loadUnderFailure,
  type LoadOptions,
  type LoadOutcome,
  type Loss,
} from './load-under-failure.ts';
