import { ketama, modulo, type Distribution, type RingNode } from '@sess/hash-ring';
import type { StoreName } from './app-messages.ts';

/**
 * Whether nodes go that held sessions: on purpose, so that they can be drained before; when their handover is finished,
 * so that they need no drain; by accident, one or a whole zone at a time, so that nobody could do anything before.
 */
export type NodesGo = 'never' | 'on-purpose' | 'when-finished' | 'by-accident' | 'by-zone';

/** One way for an application to keep its sessions in the nodes. */
export interface Strategy {
  readonly name: StrategyName;
  /** For the help and the report. */
  readonly does: string;
  /** How the app processes reach the nodes. */
  readonly store: StoreName;
  /** Nodes that hold each session; `undefined` takes what `--copies` says. */
  readonly copies: number | undefined;
  /**
   * Whether sessions that moved are still found where they were. Otherwise the distribution alone decides who is logged
   * out.
   */
  readonly handover: boolean;
  /** Whether a node is drained before it is taken away on purpose. */
  readonly drains: boolean;
  /** Whether a database has the sessions, too. */
  readonly database: boolean;
  /** Whether the clients know the zones of the nodes. */
  readonly zones: boolean;
  /** It takes part only where nodes go in one of these ways, for which it is there; `undefined` takes part everywhere. */
  readonly only: readonly Exclude<NodesGo, 'never'>[] | undefined;
  /** Whether the lab fails when it does worse than expected: for what this project ships. */
  readonly judged: boolean;
  /**
   * The distribution whose theory the measurement is held against, nodes in the order of the list; `undefined` where it
   * is the library's own.
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

/** In the order in which they stand in tables. */
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

/** Those of a run in which none was named: `memcache` loses what `ketama` loses, give or take chance. */
export const PRESET_STRATEGIES: readonly StrategyName[] = [
  'modulo',
  'ketama',
  'sess',
  'sess-2-copies',
  'sess-zones',
  'sess-drain',
  'sess-database',
];

/** Those of `--serve`: side by side. */
export const SERVED_STRATEGIES: readonly StrategyName[] = ['modulo', 'ketama', 'sess'];

/** Whose nodes are looked at, where several strategies are served: what this project ships. */
export function shownOf<T extends { readonly strategy: Strategy }>(served: readonly T[]): T {
  const shown = served.find(({ strategy }) => strategy.judged) ?? served[0];
  if (shown === undefined) throw new Error('there is no strategy to serve');
  return shown;
}

/** Nodes that hold each session. */
export function copiesOf(strategy: Strategy, preset: number): number {
  return strategy.copies ?? preset;
}
