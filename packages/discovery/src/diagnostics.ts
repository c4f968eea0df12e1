import { channel } from 'node:diagnostics_channel';
import type { DiscoveryError } from './errors.ts';
import type { Topology } from './topology.ts';

/** Every diagnostics channel of this package, with what is published on it. */
export interface DiscoveryDiagnostics {
  /** A topology came into force. */
  'sess:discovery:topology': TopologyMessage;
  /** A look ended, well or not. */
  'sess:discovery:refresh': RefreshMessage;
  /** A look failed; the listener's `error` is told the same. */
  'sess:discovery:error': ErrorMessage;
  /** A listener threw, or the promise that it returned was rejected. */
  'sess:discovery:listener-error': ListenerErrorMessage;
}

export interface TopologyMessage {
  /** The discovery concerned: `elasticache host:port`, `dns SRV name`, `static`. */
  readonly source: string;
  readonly topology: Topology;
  /** What was in force before; `undefined` for the first. */
  readonly previous: Topology | undefined;
}

export interface RefreshMessage {
  readonly source: string;
  readonly durationMs: number;
  /** `ignored`: the answer was older than the topology in force. */
  readonly outcome: 'changed' | 'unchanged' | 'ignored' | 'failed';
  /** Who answered: `host:port` of the endpoint or a node, or a DNS name. `undefined` when nobody did. */
  readonly answeredBy: string | undefined;
  /** Version of an answer that was ignored for its age. */
  readonly ignoredVersion: number | undefined;
  /** Who failed before somebody answered, or all of them. */
  readonly failures: readonly Error[];
  /** Until the next look by itself in milliseconds; `undefined` when none is due. */
  readonly nextLookInMs: number | undefined;
}

export interface ErrorMessage {
  readonly source: string;
  readonly error: Error;
  /** Looks that failed one after the other, this one included. */
  readonly failuresInARow: number;
}

export interface ListenerErrorMessage {
  readonly source: string;
  readonly error: DiscoveryError;
}

/** Publishes on `name`; `message` is called only when somebody listens. */
export function publish<Name extends keyof DiscoveryDiagnostics>(
  name: Name,
  message: () => DiscoveryDiagnostics[Name],
): void {
  const target = channel(name);
  if (target.hasSubscribers) target.publish(message());
}
