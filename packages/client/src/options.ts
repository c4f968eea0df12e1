/** The options of `createClient`, as given and as resolved. */
import type { ConnectionOptions as TlsOptions } from 'node:tls';

import type { ClusterNode, Discovery } from '@sess/discovery';

import type { Clock } from './clock.ts';
import type { Transport, TransportOptions } from './transport/transport.ts';
import type { DistributionFactory } from './membership/view.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Options of `createClient`. Either `servers` or `discovery` is required; everything else has a default. Copied when
 * the client is created.
 */
export interface ClientOptions {
  /** A URL as for `createClient`, a list of `host:port`, or a list with the path of one Unix socket. */
  readonly servers?: string | readonly string[] | undefined;
  /** The source of the list of nodes. */
  readonly discovery?: Discovery | undefined;
  /**
   * How keys map to nodes: `ketama`, `modulo` or `rendezvous` of `@sess/hash-ring`, or a function of your own. Default
   * `ketama`.
   */
  readonly distribution?: DistributionFactory | undefined;
  /** The protocol for the nodes. Default: the built-in text protocol. */
  readonly transport?: Transport | undefined;
  /** `true`, or options of `node:tls`, for connections to the nodes; a discovery has its own. Default `false`. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** User and password for the nodes. Default: none. */
  readonly credentials?: Credentials | undefined;
  /** Time limit of a request, in milliseconds; 1 to 600,000. Default 500. */
  readonly timeoutMs?: number | undefined;
  /** Time limit for connecting, TLS and authentication included, in milliseconds; 1 to 600,000. Default 1,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Time limit of `ready()`, in milliseconds; 1 to 600,000. Default 3,000. */
  readonly readyTimeoutMs?: number | undefined;
  /** Most requests that wait for a reply, per node. One more rejects with `SESS_OVERLOADED`. Default 10,000. */
  readonly maxInFlight?: number | undefined;
  /**
   * Most bytes that wait to be sent, per node. Beyond it a request rejects with `SESS_OVERLOADED`. Default 67,108,864
   * (64 MiB).
   */
  readonly maxQueuedBytes?: number | undefined;
  /** Largest value in bytes. Default 1,047,984, which fits memcached's default item size of 1 MiB. */
  readonly maxValueBytes?: number | undefined;
  /** Failures in a row after which a node is down; 1 to 1,000. Default 3. */
  readonly failuresToEject?: number | undefined;
  /** Interval between probes of a node that is up and otherwise idle, in milliseconds; 1 to 600,000. Default 1,000. */
  readonly probeIntervalMs?: number | undefined;
  /** Longest interval between probes of a node that is down, in milliseconds; 1 to 600,000. Default 5,000. */
  readonly maxProbePauseMs?: number | undefined;
  /** Number of nodes that hold each key; 1 to 3. Default 1. */
  readonly copies?: number | undefined;
  /** With several copies: whether a read asks the next copy as well if a reply is later than usual. Default `true`. */
  readonly hedgedReads?: boolean | undefined;
  /**
   * Returns the zone of a node, or `undefined` for none; overrides the zone from discovery. Must return the same in
   * every process. Called whenever the list of nodes changes.
   */
  readonly zoneOf?: ((node: ClusterNode) => string | undefined) | undefined;
  /** The zone of this process, named as for nodes. Default: none. */
  readonly zone?: string | undefined;
  /**
   * Which copy a read asks first while no handover is open: `owner`, the same for all clients, or `near`, one in this
   * process's `zone`. Default `owner`.
   */
  readonly reads?: 'owner' | 'near' | undefined;
  /** How sessions are preserved while the cluster changes. */
  readonly handover?: HandoverOptions | undefined;
  /**
   * The name under which the clients of one service share their history. Services with different settings that share
   * nodes need different names. 1 to 32 letters, digits, `-`, `_` or `.`. Default `sess`.
   */
  readonly namespace?: string | undefined;
  /**
   * Interval at which the client reads and confirms the history of views, in milliseconds; 100 to 600,000. Default
   * 10,000.
   */
  readonly historyIntervalMs?: number | undefined;
  /**
   * Signs the history, so that a program that writes to a node can't steer the clients. At least 32 bytes, the same for
   * all clients of the application. To replace a secret, give several: the client signs and verifies with all of them.
   * Default: none; then the client connects only to nodes that discovery listed.
   */
  readonly historySecret?: string | readonly string[] | undefined;
  /**
   * Whether the client is a read-only observer, for tools: it writes nothing to the nodes, and other clients don't
   * notice it. `explain`, `handovers`, `topology` and `safeToRemove` work; operations that read or write a record
   * reject with `SESS_BAD_OPTION`. Default `false`.
   */
  readonly observe?: boolean | undefined;
  /** The clock, for tests and simulations. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Returns numbers in [0, 1), for tests and simulations. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface HandoverOptions {
  /**
   * Least time for which clients ask an earlier view's nodes, in seconds. They ask for at least the longest time to
   * live in use. Default 0.
   */
  readonly windowSeconds?: number | undefined;
  /** Largest difference between the clocks of application servers, in milliseconds. Default 5,000. */
  readonly clockSkewMs?: number | undefined;
  /**
   * Whether clients finish handovers early: one client moves the rest of the records from earlier owners to their
   * owners, then no client asks those any more. If a node does not list its keys, a handover lasts as long as a session
   * lives. Default `true`.
   */
  readonly finish?: boolean | undefined;
  /**
   * Keys per node and second at most when finishing a handover; 1 to 1,000,000. Default 1,000. Fewer while the process
   * or its machine is busy.
   */
  readonly keysPerSecond?: number | undefined;
}

/** Options with every field present and checked. Frozen. */
export interface ResolvedOptions {
  readonly discovery: Discovery;
  /** Whether the options list several nodes. Then only new options change the list. */
  readonly isFixedList: boolean;
  readonly distribution: DistributionFactory;
  readonly transport: Transport;
  readonly transportOptions: TransportOptions;
  readonly readyTimeoutMs: number;
  readonly maxValueBytes: number;
  readonly failuresToEject: number;
  readonly probeIntervalMs: number;
  readonly maxProbePauseMs: number;
  readonly copies: number;
  readonly hedgedReads: boolean;
  readonly zoneOf: ((node: ClusterNode) => string | undefined) | undefined;
  /** The zone whose copies are read first; `undefined` to read the owner first. */
  readonly nearZone: string | undefined;
  readonly observe: boolean;
  readonly handover: {
    readonly windowSeconds: number;
    readonly clockSkewMs: number;
    readonly finish: boolean;
    readonly keysPerSecond: number;
    readonly historyIntervalMs: number;
    readonly historySecrets: readonly string[];
    readonly namespace: string;
  };
  readonly clock: Clock;
  readonly random: () => number;
}

export const OPTION_NAMES: readonly (keyof ClientOptions)[] = [
  'servers',
  'discovery',
  'distribution',
  'transport',
  'tls',
  'credentials',
  'timeoutMs',
  'connectTimeoutMs',
  'readyTimeoutMs',
  'maxInFlight',
  'maxQueuedBytes',
  'maxValueBytes',
  'failuresToEject',
  'probeIntervalMs',
  'maxProbePauseMs',
  'copies',
  'hedgedReads',
  'zoneOf',
  'zone',
  'reads',
  'handover',
  'namespace',
  'historyIntervalMs',
  'historySecret',
  'observe',
  'clock',
  'random',
];

export const HANDOVER_NAMES: readonly (keyof HandoverOptions)[] = [
  'windowSeconds',
  'clockSkewMs',
  'finish',
  'keysPerSecond',
];
