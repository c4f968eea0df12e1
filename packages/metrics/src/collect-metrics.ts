/**
 * What the diagnostics channels of the process tell, as metrics. One collector for every sink: it counts what happens
 * when it happens, and reads states when they are asked for.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { EVENTS, type Message } from './events.ts';
import { guarded } from './guarded.ts';
import { timeOperations } from './operations.ts';
import type { MetricsSink, Reading } from './sink.ts';
import { readStates } from './states.ts';

export interface Collection {
  /**
   * Gauges and totals as they are now. Asks every node for its counters, which takes at most 1.5 s; a node that does not
   * answer is left out. Never rejects.
   */
  read(): Promise<readonly Reading[]>;
  /** Nothing is told any more. Twice does no harm. */
  stop(): void;
}

/** Begins to listen to the channels of all clients and sessions of this process. */
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
