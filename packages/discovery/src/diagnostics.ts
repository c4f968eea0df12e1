import { channel } from 'node:diagnostics_channel';
import type { DiscoveryError } from './errors.ts';
import type { Topology } from './topology.ts';

/** Every diagnostics channel of this package, with its message. */
export interface DiscoveryDiagnostics {
  /** A topology came into force. */
  'sess:discovery:topology': TopologyMessage;
  /** A look ended, successfully or not. */
  'sess:discovery:refresh': RefreshMessage;
  /** A look failed; the listener's `error` gets the same error. */
  'sess:discovery:error': ErrorMessage;
  /** A listener threw or returned a promise that was rejected. */
  'sess:discovery:listener-error': ListenerErrorMessage;
}

export interface TopologyMessage {
  /** The discovery concerned: `elasticache host:port`, `dns SRV name`, `static`. */
  readonly source: string;
  readonly topology: Topology;
  /** The topology before; `undefined` for the first. */
  readonly previous: Topology | undefined;
}

export interface RefreshMessage {
  readonly source: string;
  readonly durationMs: number;
  /** `ignored`: the answer was older than the topology in force. */
  readonly outcome: 'changed' | 'unchanged' | 'ignored' | 'failed';
  /** The server that answered: `host:port` of the endpoint or a node, or a DNS name. `undefined` if none did. */
  readonly answeredBy: string | undefined;
  /** Version of an answer that was ignored because it was older. */
  readonly ignoredVersion: number | undefined;
  /** Failures of other servers before the answer, or of all. */
  readonly failures: readonly Error[];
  /** Milliseconds until the next scheduled look; `undefined` if none is scheduled. */
  readonly nextLookInMs: number | undefined;
}

export interface ErrorMessage {
  readonly source: string;
  readonly error: Error;
  /** Consecutive failed looks, including this one. */
  readonly failuresInARow: number;
}

export interface ListenerErrorMessage {
  readonly source: string;
  readonly error: DiscoveryError;
}

/** Publishes on `name`; calls `message` only if the channel has subscribers. */
export function publish<Name extends keyof DiscoveryDiagnostics>(
  name: Name,
  message: () => DiscoveryDiagnostics[Name],
): void {
  const target = channel(name);
  if (target.hasSubscribers) target.publish(message());
}
