/**
 * Every diagnostics channel of this package. Subscribe with `node:diagnostics_channel`; nothing is built while nobody
 * listens. No message holds a key, a value or a secret.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('sess:client:node', (message) => { const { node, to } = message as NodeMessage; ... });
 * ```
 */
import { channel, type Channel } from 'node:diagnostics_channel';

import type { ClientFigures } from './figures.ts';
import type { HistoryFault } from './membership/history-checks.ts';
import type { ViewCause } from './membership/history.ts';
import type { ForeignReason } from './record.ts';

/** `sess:client:node`: a node changed its state. */
export interface NodeMessage {
  /** `host:port`. */
  readonly node: string;
  readonly from: NodeState;
  readonly to: NodeState;
  /** Why it is `suspect` or `down`. */
  readonly cause: Error | undefined;
}

/** `suspect`: the connection was lost and is being made anew; requests still pass. */
export type NodeState = 'unknown' | 'up' | 'suspect' | 'down';

/** `sess:client:topology`: another list of nodes is in use. All are node ids. */
export interface TopologyMessage {
  readonly version: number | undefined;
  readonly nodes: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Same name, other address: a new machine, without the items of the old one. */
  readonly replaced: readonly string[];
}

/**
 * `sess:client:discovery-error`: a look that failed, or a list that could not be used. The last good one stays in use.
 */
export interface DiscoveryErrorMessage {
  readonly error: Error;
}

/** `sess:client:view`: other nodes are in rotation. */
export interface ViewMessage {
  /** Node ids. */
  readonly nodes: readonly string[];
  readonly cause: ViewCause;
  /** When a client first acted on it, milliseconds since 1970. */
  readonly since: number;
}

/**
 * More views are open than the history of the cluster holds. Nothing is lost; no session is called missing meanwhile.
 */
export interface HistoryTruncatedMessage {
  /** Until when no session is called missing, milliseconds since 1970. */
  readonly until: number;
}

/**
 * `sess:client:views-disagree`: another client keeps acting on other nodes, nine history intervals after this one
 * turned to its own. Nothing is lost, but no handover ends: compare the lists of nodes, and what each application
 * server can reach. At most once a minute.
 */
export interface ViewsDisagreeMessage {
  /** What this client acts on: node ids. */
  readonly nodes: readonly string[];
  readonly otherNodes: readonly string[];
  /** When a client last said that it acts on `otherNodes`, milliseconds since 1970 by its clock. */
  readonly confirmedAt: number;
}

/**
 * `sess:client:history-refused`: what a node holds under the key of the history can't be one, so it is not used, and is
 * overwritten with what this client knows. Somebody else writes to the nodes, or clients of different versions or with
 * clocks that are a day apart share them.
 */
export interface HistoryRefusedMessage {
  readonly node: string;
  readonly fault: HistoryFault;
  /** For people. */
  readonly detail: string;
}

/**
 * `sess:client:unlisted-nodes`: a history that nobody signed names nodes that discovery never listed to this client,
 * which does not connect to them: what only they hold is missing here. With a `historySecret` it would. Told when
 * another such node is named.
 */
export interface UnlistedNodesMessage {
  /** Node ids: somebody's words. */
  readonly nodes: readonly string[];
}

/**
 * `sess:client:tombstone-dropped`: too many deletions wait for nodes that are out of reach, and the oldest one waits no
 * longer.
 */
export interface TombstoneDroppedMessage {
  /** The node that will not be told; what it returns with is doubted as that of every node that returns. */
  readonly node: string;
  /** How many this client has dropped so far. */
  readonly dropped: number;
}

/**
 * `sess:client:rereplication`: with several copies, this client restores copies in the background: those that a node
 * lacks which returned, or those that a node took along which left rotation. Another change of the nodes meanwhile has
 * it begin anew.
 */
export interface RefillMessage {
  /** The node that returned, or left. */
  readonly node: string;
  readonly reason: RefillReason;
  /**
   * `done`: all is on as many nodes as there are copies, as far as this node is concerned. `given-up`: the rest is put
   * back when it is asked for.
   */
  readonly phase: 'begun' | 'done' | 'given-up';
  /**
   * Keys looked at so far that the node should hold, or was to hold. One that several nodes hold may count for each.
   */
  readonly keys: number;
  /** Of these, records and tombstones of which a copy was lacking. */
  readonly carried: number;
  /** Of these, records that a node which should hold a copy does not take, for their size. */
  readonly tooLarge: number;
  /** Why it was given up. */
  readonly error: unknown;
}

/**
 * `returned`: it is in rotation again, or another machine answers to its name. `left`: it is off the list, or out of
 * reach.
 */
export type RefillReason = 'returned' | 'left';

/**
 * `sess:client:handover`: this client finishes the handovers that are open: brings what is left on earlier owners to
 * where it belongs, and removes it there. `done`: nobody asks them any more.
 */
export interface HandoverMessage {
  /**
   * `passed`: all keys were gone through once; that is repeated until nothing is found. `interrupted`: it is tried
   * again later, unless nodes list no keys.
   */
  readonly phase: 'begun' | 'passed' | 'done' | 'interrupted';
  /** Earlier lists of nodes that are finished together. */
  readonly views: number;
  /** Keys looked at so far, in all passes. */
  readonly keys: number;
  /** Of these, records and tombstones that an owner lacked. */
  readonly carried: number;
  /** Why it was interrupted. */
  readonly error: unknown;
}

/**
 * `sess:client:other-cluster`: a node keeps the history of another cluster, as where an address is used again. It is not
 * used, and nothing is written to it: take it off one of the two lists, or empty it. Told once for each such node.
 */
export interface OtherClusterMessage {
  readonly node: string;
  /** The random name of this client's cluster. */
  readonly cluster: string;
  readonly otherCluster: string;
}

/**
 * `sess:client:zones`: the zones of the nodes in rotation can't keep what several copies promise, or not without a
 * price. Told when the nodes in rotation change.
 */
export interface ZonesMessage {
  /**
   * - `too-few`: fewer zones than copies, so the loss of one may take every copy of a session
   * - `small`: a zone holds much more than its part of the weight, so its nodes need as much more memory than others
   * - `unknown`: some nodes have a zone, others none: these are taken for one zone
   */
  readonly problem: 'too-few' | 'small' | 'unknown';
  /** Of a `small` one. */
  readonly zone: string | undefined;
  /** Ids of the nodes that it is about. */
  readonly nodes: readonly string[];
  /** Times its part of the weight that a `small` zone holds; otherwise 1. */
  readonly load: number;
}

/** `sess:client:foreign-item`: a read found bytes that are not a record of this client, and answered with a miss. */
export interface ForeignItemMessage {
  readonly node: string;
  readonly reason: ForeignReason;
}

/** `sess:client:request`: a request to one node is settled. An operation may take several. */
export interface RequestMessage {
  readonly node: string;
  readonly request: 'get' | 'store' | 'touch';
  /** From the call to the answer. */
  readonly durationMs: number;
  /** What a node answers (`hit` and `miss` for get and touch), or `error`. */
  readonly outcome: 'hit' | 'miss' | 'stored' | 'exists' | 'missing' | 'error';
  /** Set when the outcome is `error`. */
  readonly error: unknown;
}

/**
 * `sess:client:collect`: the one channel that clients listen to. Who collects figures publishes a message, and every open
 * client of the process calls `add`, at once. While nobody asks, nothing is counted or kept for it.
 */
export interface CollectMessage {
  readonly add: (client: ClientFigures) => void;
}

/** The message of each channel, by name. */
export interface ClientChannels {
  'sess:client:node': NodeMessage;
  'sess:client:topology': TopologyMessage;
  'sess:client:discovery-error': DiscoveryErrorMessage;
  'sess:client:view': ViewMessage;
  'sess:client:views-disagree': ViewsDisagreeMessage;
  'sess:client:history-truncated': HistoryTruncatedMessage;
  'sess:client:history-refused': HistoryRefusedMessage;
  'sess:client:unlisted-nodes': UnlistedNodesMessage;
  'sess:client:tombstone-dropped': TombstoneDroppedMessage;
  'sess:client:refill': RefillMessage;
  'sess:client:handover': HandoverMessage;
  'sess:client:other-cluster': OtherClusterMessage;
  'sess:client:zones': ZonesMessage;
  'sess:client:foreign-item': ForeignItemMessage;
  'sess:client:request': RequestMessage;
  'sess:client:collect': CollectMessage;
}

type TypedChannel<Name extends keyof ClientChannels> = Channel<unknown, ClientChannels[Name]>;

function typed<Name extends keyof ClientChannels>(name: Name): TypedChannel<Name> {
  return channel(name) as TypedChannel<Name>;
}

export const nodeChannel: TypedChannel<'sess:client:node'> = typed('sess:client:node');
export const topologyChannel: TypedChannel<'sess:client:topology'> = typed('sess:client:topology');
export const discoveryErrorChannel: TypedChannel<'sess:client:discovery-error'> = typed('sess:client:discovery-error');
export const viewChannel: TypedChannel<'sess:client:view'> = typed('sess:client:view');
export const viewsDisagreeChannel: TypedChannel<'sess:client:views-disagree'> = typed('sess:client:views-disagree');
export const historyTruncatedChannel: TypedChannel<'sess:client:history-truncated'> = typed(
  'sess:client:history-truncated',
);
export const historyRefusedChannel: TypedChannel<'sess:client:history-refused'> = typed('sess:client:history-refused');
export const unlistedNodesChannel: TypedChannel<'sess:client:unlisted-nodes'> = typed('sess:client:unlisted-nodes');
export const tombstoneDroppedChannel: TypedChannel<'sess:client:tombstone-dropped'> = typed(
  'sess:client:tombstone-dropped',
);
export const refillChannel: TypedChannel<'sess:client:refill'> = typed('sess:client:refill');
export const handoverChannel: TypedChannel<'sess:client:handover'> = typed('sess:client:handover');
export const otherClusterChannel: TypedChannel<'sess:client:other-cluster'> = typed('sess:client:other-cluster');
export const zonesChannel: TypedChannel<'sess:client:zones'> = typed('sess:client:zones');
export const foreignItemChannel: TypedChannel<'sess:client:foreign-item'> = typed('sess:client:foreign-item');
export const requestChannel: TypedChannel<'sess:client:request'> = typed('sess:client:request');
export const collectChannel: TypedChannel<'sess:client:collect'> = typed('sess:client:collect');
