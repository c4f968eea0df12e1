import { ketama, modulo, type Distribution, type RingNode } from '@sess/hash-ring';

/** One way for an application to find the node that holds a session. */
export interface Strategy {
  readonly name: StrategyName;
  /** For the heading of the report. */
  readonly does: string;
  /** How the app processes reach the nodes. */
  readonly store: 'sess-client' | 'memjs-by-hash';
  /** Whether sessions that moved are still found where they were. Otherwise the distribution alone decides who is logged out. */
  readonly handover: boolean;
  /** Whether the lab fails when it does worse than expected: for what this project ships. */
  readonly judged: boolean;
  /** The distribution whose theory the measurement is held against. Order of `nodes` as the endpoint lists them. */
  readonly distribution: (nodes: readonly RingNode[]) => Distribution;
}

export type StrategyName = 'ketama' | 'modulo';

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  ketama: {
    name: 'ketama',
    does: '@sess/client: consistent hashing, and a handover of what moves',
    store: 'sess-client',
    handover: true,
    judged: true,
    distribution: (nodes) => ketama(nodes),
  },
  modulo: {
    name: 'modulo',
    does: "memjs's own routing, hash(key) % servers; the client is made anew when the list changes",
    store: 'memjs-by-hash',
    handover: false,
    judged: false,
    distribution: (nodes) => modulo(nodes),
  },
};

export const STRATEGY_NAMES: readonly StrategyName[] = ['ketama', 'modulo'];
