/**
 * Every diagnostics channel of this package. Subscribe with `node:diagnostics_channel`; messages are only built for
 * subscribers. No message holds a key, a value or a secret.
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

/** `sess:client:node`: the state of a node changed. */
export interface NodeMessage {
  /** `host:port`. */
  readonly node: string;
  readonly from: NodeState;
  readonly to: NodeState;
  /** Why the node is `suspect` or `down`. */
  readonly cause: Error | undefined;
}

/** `suspect`: the connection was lost and is being re-established; requests still pass. */
export type NodeState = 'unknown' | 'up' | 'suspect' | 'down';

/** `sess:client:topology`: the list of nodes changed. All lists hold node ids. */
export interface TopologyMessage {
  readonly version: number | undefined;
  readonly nodes: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Same name, other address: a new machine, without the items of the old one. */
  readonly replaced: readonly string[];
}

/** `sess:client:discovery-error`: discovery failed, or its list could not be used. The last good list stays in use. */
export interface DiscoveryErrorMessage {
  readonly error: Error;
}

/** `sess:client:view`: the nodes in rotation changed. */
export interface ViewMessage {
  /** Node ids. */
  readonly nodes: readonly string[];
  readonly cause: ViewCause;
  /** When a client first acted on this view, milliseconds since 1970. */
  readonly since: number;
}

/**
 * `sess:client:history-truncated`: more views are open than the history can hold. Nothing is lost; meanwhile, no
 * session is reported missing.
 */
export interface HistoryTruncatedMessage {
  /** No session is reported missing before this time, milliseconds since 1970. */
  readonly until: number;
}

/**
 * `sess:client:views-disagree`: another client still acts on other nodes, nine history intervals after this client
 * adopted its view. Nothing is lost, but no handover ends: compare the lists of nodes, and which nodes each application
 * server can reach. At most once a minute.
 */
export interface ViewsDisagreeMessage {
  /** Ids of the nodes that this client acts on. */
  readonly nodes: readonly string[];
  readonly otherNodes: readonly string[];
  /** When a client last confirmed that it acts on `otherNodes`, milliseconds since 1970 by its clock. */
  readonly confirmedAt: number;
}

/**
 * `sess:client:history-refused`: a node holds an invalid history. This client ignores it and overwrites it with its
 * own. Another program writes to the nodes, or clients of different versions or with clocks a day apart share them.
 */
export interface HistoryRefusedMessage {
  readonly node: string;
  readonly fault: HistoryFault;
  /** For people. */
  readonly detail: string;
}

/**
 * `sess:client:unlisted-nodes`: an unsigned history names nodes that discovery never listed. This client does not
 * connect to them without a `historySecret`, so it misses sessions that only they hold. Published again for each
 * further node.
 */
export interface UnlistedNodesMessage {
  /** Node ids, from an unverified history. */
  readonly nodes: readonly string[];
}

/**
 * `sess:client:tombstone-dropped`: too many tombstones wait for nodes that are out of reach, and the oldest was
 * dropped.
 */
export interface TombstoneDroppedMessage {
  /**
   * The node that will not get the tombstone. When it returns, reads compare its records with other nodes, as for every
   * node.
   */
  readonly node: string;
  /** Tombstones that this client has dropped so far. */
  readonly dropped: number;
}

/**
 * `sess:client:rereplication`: with several copies, this client restores copies in the background: those that a
 * returned node lacks, or those that were on a node that left rotation. It starts again if the nodes change meanwhile.
 */
export interface RereplicationMessage {
  /** The node that returned, or left. */
  readonly node: string;
  readonly reason: RereplicationReason;
  /** `done`: all copies that concern this node are complete. `given-up`: the rest is left to read repair. */
  readonly phase: 'begun' | 'done' | 'given-up';
  /** Keys processed so far that belong, or belonged, on the node. A key on several nodes may count once per node. */
  readonly keys: number;
  /** Of these, records and tombstones that lacked a copy. */
  readonly carried: number;
  /** Of these, records too large for a node that should hold a copy. */
  readonly tooLarge: number;
  /** Why rereplication gave up. */
  readonly error: unknown;
}

/**
 * `returned`: the node is in rotation again, or a new machine has its name. `left`: it is off the list, or out of
 * reach.
 */
export type RereplicationReason = 'returned' | 'left';

/**
 * `sess:client:handover`: this client finishes the open handovers: it moves the rest of the records from earlier owners
 * to their owners. `done`: clients no longer ask the earlier owners.
 */
export interface HandoverMessage {
  /**
   * `passed`: all keys were processed once; repeated until a pass finds nothing. `interrupted`: retried later, unless a
   * node does not list its keys.
   */
  readonly phase: 'begun' | 'passed' | 'done' | 'interrupted';
  /** Number of earlier views that are finished together. */
  readonly views: number;
  /** Keys processed so far, in all passes. */
  readonly keys: number;
  /** Of these, records and tombstones that an owner lacked. */
  readonly carried: number;
  /** The reason for `interrupted`. */
  readonly error: unknown;
}

/**
 * `sess:client:other-cluster`: a node holds the history of another cluster, for example because an address was reused.
 * This client does not use it or write to it: take the node off one of the two lists, or flush it. Published once per
 * node.
 */
export interface OtherClusterMessage {
  readonly node: string;
  /** The random name of this client's cluster. */
  readonly cluster: string;
  readonly otherCluster: string;
}

/**
 * `sess:client:zones`: the zones of the nodes in rotation don't protect all copies, or cost extra memory. Published
 * when the nodes in rotation change.
 */
export interface ZonesMessage {
  /**
   * - `too-few`: fewer zones than copies, so the loss of one may take every copy of a session
   * - `small`: a zone holds much more than its share of the weight, so its nodes need that much more memory than others
   * - `unknown`: some nodes have a zone and others none; those without count as one zone
   */
  readonly problem: 'too-few' | 'small' | 'unknown';
  /** The `small` zone. */
  readonly zone: string | undefined;
  /** Ids of the nodes concerned. */
  readonly nodes: readonly string[];
  /** How many times its share of the weight a `small` zone holds; otherwise 1. */
  readonly load: number;
}

/** `sess:client:foreign-item`: a read found bytes that are not a record of this client, and reported a miss. */
export interface ForeignItemMessage {
  readonly node: string;
  readonly reason: ForeignReason;
}

/** `sess:client:request`: a request to one node settled. An operation may take several. */
export interface RequestMessage {
  readonly node: string;
  readonly request: 'get' | 'store' | 'touch';
  /** From the call to the reply. */
  readonly durationMs: number;
  /** The node's reply (`hit` and `miss` for get and touch), or `error`. */
  readonly outcome: 'hit' | 'miss' | 'stored' | 'exists' | 'missing' | 'error';
  /** Set if the outcome is `error`. */
  readonly error: unknown;
}

/**
 * `sess:client:collect`: the only channel that clients subscribe to. A collector publishes a message, and every open
 * client of the process calls `add` synchronously. Without a collector this costs nothing.
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
  'sess:client:rereplication': RereplicationMessage;
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
export const rereplicationChannel: TypedChannel<'sess:client:rereplication'> = typed('sess:client:rereplication');
export const handoverChannel: TypedChannel<'sess:client:handover'> = typed('sess:client:handover');
export const otherClusterChannel: TypedChannel<'sess:client:other-cluster'> = typed('sess:client:other-cluster');
export const zonesChannel: TypedChannel<'sess:client:zones'> = typed('sess:client:zones');
export const foreignItemChannel: TypedChannel<'sess:client:foreign-item'> = typed('sess:client:foreign-item');
export const requestChannel: TypedChannel<'sess:client:request'> = typed('sess:client:request');
export const collectChannel: TypedChannel<'sess:client:collect'> = typed('sess:client:collect');
