/**
 * Collects metrics from the diagnostics channels of this process, for any sink: counts events when they happen, and
 * reads states on request.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { EVENTS, type Message } from './events.ts';
import { guarded } from './guarded.ts';
import { timeOperations } from './operations.ts';
import type { MetricsSink, Reading } from './sink.ts';
import { readStates } from './states.ts';

export interface Collection {
  /**
   * Reads gauges and totals. Asks every node for its counters, for at most 1.5 s; omits nodes that do not answer. Never
   * rejects.
   */
  read(): Promise<readonly Reading[]>;
  /** Stops collecting. Idempotent. */
  stop(): void;
}

/** Subscribes to the channels of all clients and sessions of this process. */
export function collectMetrics(sink: MetricsSink): Collection {
  const listeners = Object.entries(EVENTS).map(([channel, tell]): [string, (message: unknown) => void] => [
    channel,
    guarded((message: unknown) => tell(message as Message, sink)),
  ]);
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  const stopTiming = timeOperations(sink);
  return {
    read: readStates,
    stop() {
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
      stopTiming();
    },
  };
}
