import type { SessionStore } from '../session-store.ts';
import type { Backing } from './backing.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ResolvedBacking } from './backing-options.ts';
import type { StaleMarks } from './stale-marks.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { SingleFlight } from './single-flight.ts';
import type { TouchBatch } from './touch-batch.ts';
import type { NegativeCache } from './negative-cache.ts';

/** Shared by all operations on sessions with a database. */
export interface BackedContext {
  readonly cache: SessionStore;
  readonly backing: Backing;
  readonly resolved: ResolvedBacking;
  readonly now: () => number;
  readonly breaker: CircuitBreaker;
  readonly staleMarks: StaleMarks;
  readonly unknown: NegativeCache;
  readonly flights: SingleFlight;
  readonly pending: PendingWrites;
  readonly touches: TouchBatch;
}
