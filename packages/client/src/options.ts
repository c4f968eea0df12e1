/** What `createClient` takes, and what becomes of it once every field is checked. */
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
 * What `createClient` takes. Either `servers` or `discovery`; everything else has a default. Copied when the client is
 * made.
 */
export interface ClientOptions {
  /** A URL as `createClient` takes it, or a fixed list of `host:port`, or the path of one Unix socket in a list. */
  readonly servers?: string | readonly string[] | undefined;
  /** Where the list of nodes comes from. */
  readonly discovery?: Discovery | undefined;
  /**
   * How keys map to nodes: `ketama`, `modulo` or `rendezvous` of `@sess/hash-ring`, or a function of your own. Default
   * `ketama`.
   */
  readonly distribution?: DistributionFactory | undefined;
  /** How one node is spoken to. Default: the built-in text protocol. */
  readonly transport?: Transport | undefined;
  /** `true`, or options of `node:tls`, for connections to the nodes; a discovery has its own. Default `false`. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** User and password that the nodes ask for. Default: none. */
  readonly credentials?: Credentials | undefined;
  /** From a request to its answer, in milliseconds; 1 to 600,000. Default 500. */
  readonly timeoutMs?: number | undefined;
  /** Until a connection stands, TLS and authentication included, in milliseconds; 1 to 600,000. Default 1,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long `ready()` waits, in milliseconds; 1 to 600,000. Default 3,000. */
  readonly readyTimeoutMs?: number | undefined;
  /** Requests without an answer, per node. One more rejects with `SESS_OVERLOADED`. Default 10,000. */
  readonly maxInFlight?: number | undefined;
  /**
   * Bytes that wait for the socket, per node. Past it a request rejects with `SESS_OVERLOADED`. Default 67,108,864 (64
   * MiB).
   */
  readonly maxQueuedBytes?: number | undefined;
  /** Largest value in bytes. Default 1,047,984: what memcached takes with its own default of 1 MiB for an item. */
  readonly maxValueBytes?: number | undefined;
  /** Failures in a row after which a node is down; 1 to 1,000. Default 3. */
  readonly failuresToEject?: number | undefined;
  /** Pause between probes of a node that is up and not heard of, in milliseconds; 1 to 600,000. Default 1,000. */
  readonly probeIntervalMs?: number | undefined;
  /** Longest pause between probes of a node that is down, in milliseconds; 1 to 600,000. Default 5,000. */
  readonly maxProbePauseMs?: number | undefined;
  /** Nodes that hold each key; 1 to 3. Default 1. */
  readonly copies?: number | undefined;
  /**
   * With several copies: whether a read asks the next one as well when an answer is later than usual. Default `true`.
   */
  readonly hedgedReads?: boolean | undefined;
  /**
   * The zone of a node whose discovery does not tell it: `undefined` where it has none. Must tell every process the
   * same; asked whenever the list of nodes changes. Goes before what discovery tells.
   */
  readonly zoneOf?: ((node: ClusterNode) => string | undefined) | undefined;
  /** The zone that this process is in, by the name that its nodes have. Default: none. */
  readonly zone?: string | undefined;
  /**
   * Which copy a read asks first while nothing changes: `owner`, the same for everybody; or `near`, one in this process's
   * `zone`. Default `owner`.
   */
  readonly reads?: 'owner' | 'near' | undefined;
  /** How sessions are kept while the cluster changes. */
  readonly handover?: HandoverOptions | undefined;
  /**
   * Under which name the clients of one service keep their history: services with different settings that share nodes
   * have one each. 1 to 32 letters, digits, `-`, `_` or `.`. Default `sess`.
   */
  readonly namespace?: string | undefined;
  /** How often the history of views is read and confirmed, in milliseconds; 100 to 600,000. Default 10,000. */
  readonly historyIntervalMs?: number | undefined;
  /**
   * Signs the history, so that nobody who writes to a node can steer the clients; at least 32 bytes, the same for all
   * clients of the application. Several: while one is replaced, all are signed with and all verify. Default: none; then
   * no node is connected to that discovery did not list.
   */
  readonly historySecret?: string | readonly string[] | undefined;
  /**
   * Whether the client only looks, as a tool does: it writes nothing to the nodes, and no other client takes notice of
   * it. `explain`, `handovers`, `topology` and `safeToRemove` answer; whatever reads or writes a record rejects with
   * `SESS_BAD_OPTION`. Default `false`.
   */
  readonly observe?: boolean | undefined;
  /** Time, for tests and simulations. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 up to 1, for tests and simulations. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface HandoverOptions {
  /**
   * The least time for which an earlier view's nodes are asked, in seconds. It is never shorter than the longest time
   * to live in use. Default 0.
   */
  readonly windowSeconds?: number | undefined;
  /** How far apart the clocks of application servers may be, in milliseconds. Default 5,000. */
  readonly clockSkewMs?: number | undefined;
  /**
   * Whether a handover is finished by itself: one client brings what is left on earlier owners to where it belongs,
   * then nobody asks them any more. Where a node does not list its keys, a handover lasts as long as a session lives.
   * Default `true`.
   */
  readonly finish?: boolean | undefined;
  /** Keys of a node that are moved per second at most, to finish a handover; 1 to 1,000,000. Default 2,000. */
  readonly keysPerSecond?: number | undefined;
}

/** Options with every field present and checked. Frozen. */
export interface ResolvedOptions {
  readonly discovery: Discovery;
  /** Whether several nodes are listed here, where nothing but another list changes them. */
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
  /** The zone whose copies are read first; `undefined` where the owner is. */
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
