/** What a client reports about its nodes: for metrics, and for people and tools. */
import type { Handover, Ring } from './contract.ts';
import type { ClientFigures } from './figures.ts';
import { ringOf } from './membership/fingerprint.ts';
import type { History } from './membership/history.ts';
import type { Rotation } from './membership/rotation.ts';
import type { View } from './membership/view.ts';
import { countersOf, nodeFigures } from './node/node-figures.ts';
import type { CountersOfNodes } from './node/node-counters.ts';
import type { Node } from './node/node.ts';

export interface ReportingCluster {
  readonly nodes: readonly Node[];
  readonly handovers: readonly Handover[];
  readonly ring: Ring | undefined;
  readonly counters: CountersOfNodes;
  readonly rotation: Rotation;
}

/** @param now milliseconds since 1970 */
export function figuresOf(cluster: ReportingCluster, hints: number, now: () => number): ClientFigures {
  const { nodes, handovers, ring, counters, rotation } = cluster;
  return {
    nodes: nodes.map((node) => nodeFigures(node, rotation.drainOf(node.id))),
    handovers,
    ring: ring?.fingerprint,
    hints,
    // Metrics are collected more often than sessions are missed: these readings help to explain a later miss.
    counters: () => countersOf(nodes, (node, stats) => counters.remember(node, stats, now())),
  };
}

/** The placement of keys in a view, with the times that the history knows. */
export function ringIn(view: View, history: History): Ring {
  const entry = history.views.get(view.id);
  return {
    fingerprint: ringOf(view),
    nodes: view.nodes,
    since: entry?.since ?? view.since,
    confirmedAt: entry?.confirmedAt,
  };
}
