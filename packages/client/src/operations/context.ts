import type { Clock } from '../clock.ts';
import type { Node } from '../node/node.ts';
import type { VersionSource } from '../version.ts';

/** What an operation needs to know of the client. */
export interface OperationContext {
  /** The node that holds `key` in the view of this moment. An operation of several steps asks before each. */
  owner(key: string): Node;
  readonly versions: VersionSource;
  readonly clock: Clock;
}
