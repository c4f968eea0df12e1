import { ketama, modulo, type Distribution, type RingNode } from '@sess/hash-ring';
import type { StoreName } from './app-messages.ts';

/**
 * How a scenario takes away nodes that hold sessions: never; on purpose, so that a drain is possible before; when their
 * handover is finished, so that no drain is needed; by accident, one node or a whole zone at a time, without warning.
 */
export type NodesGo = 'never' | 'on-purpose' | 'when-finished' | 'by-accident' | 'by-zone';

/** One way for an application to store its sessions on the nodes. */
export interface Strategy {
  readonly name: StrategyName;
  /** For the help and the report. */
  readonly does: string;
  /** The library with which the app processes store sessions. */
  readonly store: StoreName;
  /** Nodes that hold each session; `undefined`: the value of `--copies`. */
  readonly copies: number | undefined;
  /**
   * Whether clients still ask the earlier owners of sessions that moved. Otherwise the distribution alone decides who
   * is logged out.
   */
  readonly handover: boolean;
  /** Whether a node is drained before it is removed on purpose. */
  readonly drains: boolean;
  /** Whether a database stores the sessions as well. */
  readonly database: boolean;
  /** Whether the clients know the zones of the nodes. */
  readonly zones: boolean;
  /** Takes part only in scenarios in which nodes go in one of these ways; `undefined`: takes part in all. */
  readonly only: readonly Exclude<NodesGo, 'never'>[] | undefined;
  /** Whether the lab fails when it does worse than expected: for what this project ships. */
  readonly judged: boolean;
  /**
   * The distribution that predicts the measurement, with nodes in the order of the list; `undefined` if only the
   * library knows it.
   */
  readonly distribution: ((nodes: readonly RingNode[]) => Distribution) | undefined;
}

export type StrategyName =
  | 'modulo'
  | 'ketama'
  | 'memcache'
  | 'sess'
  | 'sess-2-copies'
  | 'sess-zones'
  | 'sess-drain'
  | 'sess-database';

const SESS = {
  store: 'sess-client',
  copies: undefined,
  handover: true,
  drains: false,
  database: false,
  zones: false,
  only: undefined,
  judged: true,
  distribution: (nodes: readonly RingNode[]): Distribution => ketama(nodes),
} as const;
const PEER = {
  copies: 1,
  handover: false,
  drains: false,
  database: false,
  zones: false,
  only: undefined,
  judged: false,
} as const;

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  modulo: {
    ...PEER,
    name: 'modulo',
    does: 'memjs as most people run it: hash(key) % servers, a new client whenever the list changes',
    store: 'memjs',
    distribution: (nodes) => modulo(nodes),
  },
  ketama: {
    ...PEER,
    name: 'ketama',
    does: 'npm memcached: consistent hashing, a new client whenever the list changes',
    store: 'memcached',
    distribution: (nodes) => ketama(nodes),
  },
  memcache: {
    ...PEER,
    name: 'memcache',
    does: 'npm memcache: consistent hashing with a ring of its own, and its own discovery',
    store: 'memcache',
    distribution: undefined,
  },
  sess: { ...SESS, name: 'sess', does: '@sess/client: consistent hashing, and a handover of what moves' },
  'sess-2-copies': { ...SESS, name: 'sess-2-copies', does: '@sess/client with two copies of each session', copies: 2 },
  'sess-zones': {
    ...SESS,
    name: 'sess-zones',
    does: '@sess/client, two copies in different zones (only where a zone is lost)',
    copies: 2,
    zones: true,
    only: ['by-zone'],
  },
  'sess-drain': {
    ...SESS,
    name: 'sess-drain',
    does: '@sess/client, one copy; a node is drained before it is taken away (only where one is)',
    copies: 1,
    drains: true,
    only: ['on-purpose'],
  },
  'sess-database': {
    ...SESS,
    name: 'sess-database',
    does: '@sess/client, one copy, and a database behind it (only where a node is lost)',
    copies: 1,
    database: true,
    only: ['by-accident', 'by-zone'],
  },
};

/** All strategies, in the order of the tables. */
export const STRATEGY_NAMES: readonly StrategyName[] = [
  'modulo',
  'ketama',
  'memcache',
  'sess',
  'sess-2-copies',
  'sess-zones',
  'sess-drain',
  'sess-database',
];

/** The default strategies of a run. Omits `memcache`, which loses the same as `ketama`, apart from chance. */
export const PRESET_STRATEGIES: readonly StrategyName[] = [
  'modulo',
  'ketama',
  'sess',
  'sess-2-copies',
  'sess-zones',
  'sess-drain',
  'sess-database',
];

/** The default strategies of `--serve`, shown side by side. */
export const SERVED_STRATEGIES: readonly StrategyName[] = ['modulo', 'ketama', 'sess'];

/** Of several served strategies, the one whose nodes are shown: the first of this project, if there is one. */
export function shownOf<T extends { readonly strategy: Strategy }>(served: readonly T[]): T {
  const shown = served.find(({ strategy }) => strategy.judged) ?? served[0];
  if (shown === undefined) throw new Error('there is no strategy to serve');
  return shown;
}

/** Nodes that hold each session. */
export function copiesOf(strategy: Strategy, preset: number): number {
  return strategy.copies ?? preset;
}
