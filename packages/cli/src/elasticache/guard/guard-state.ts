import type { Obstacle } from '../obstacle.ts';

/** A guard's state, as it reports it. */
export interface GuardState {
  readonly clusterId: string;
  /** The machine's name, and a part that is unique among guards. */
  readonly name: string;
  /** `standby`: another guard holds the lease. `stopped`: it is shutting down. */
  readonly role: 'starting' | 'active' | 'standby' | 'stopped';
  /** Start of its lease while it is active, milliseconds since 1970. */
  readonly activeSince: number | undefined;
  /** What it was started with, in the words of the command line. */
  readonly options: string;
  /** For people. */
  readonly doing: string;
  readonly doingSince: number | undefined;
  readonly nodes: number | undefined;
  /** Number of nodes that the metric and the schedule require. */
  readonly wanted: number | undefined;
  /** Why it does not scale in although fewer nodes are needed. */
  readonly obstacles: readonly Obstacle[];
  /** Ids of cache nodes that are drained: for removal, for replacement, or kept empty. */
  readonly removing: readonly string[];
  readonly replacing: readonly string[];
  readonly preDrained: readonly string[];
  /** Warnings: what an operator should change. */
  readonly warnings: readonly string[];
  /** Error of the last round, if it failed. */
  readonly error: string | undefined;
  /** Time of the last failed round, milliseconds since 1970. */
  readonly errorAt: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastRoundAt: number | undefined;
  /** When it last made progress: a round that drains may take long. */
  readonly lastActiveAt: number | undefined;
  readonly lastScaleInAt: number | undefined;
  readonly totals: {
    readonly removedNodes: number;
    readonly drainedReplacements: number;
    readonly failedRounds: number;
  };
}

export function initialState(clusterId: string, name: string, options: string): GuardState {
  return {
    clusterId,
    name,
    role: 'starting',
    activeSince: undefined,
    options,
    doing: 'starting',
    doingSince: undefined,
    nodes: undefined,
    wanted: undefined,
    obstacles: [],
    removing: [],
    replacing: [],
    preDrained: [],
    warnings: [],
    error: undefined,
    errorAt: undefined,
    lastRoundAt: undefined,
    lastActiveAt: undefined,
    lastScaleInAt: undefined,
    totals: { removedNodes: 0, drainedReplacements: 0, failedRounds: 0 },
  };
}

/** The state in Prometheus' text format. */
export function metricsText(state: GuardState): string {
  const { clusterId, role, nodes, wanted, obstacles, totals } = state;
  const label = `{cluster="${clusterId.replaceAll(/[\\"\n]/g, '')}"}`;
  const metrics: readonly (readonly [
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    value: number | undefined,
  ])[] = [
    ['sess_guard_active', 'gauge', 'Whether this guard has the lease.', Number(role === 'active')],
    ['sess_guard_nodes', 'gauge', 'Nodes of the cluster.', nodes],
    ['sess_guard_wanted_nodes', 'gauge', 'Nodes that the metric and the schedule ask for.', wanted],
    ['sess_guard_obstacles', 'gauge', 'What keeps it from scaling in.', obstacles.length],
    ['sess_guard_draining_nodes', 'gauge', 'Nodes that are drained to be removed.', state.removing.length],
    [
      'sess_guard_replaced_nodes',
      'gauge',
      'Nodes that are drained because AWS will replace them.',
      state.replacing.length,
    ],
    ['sess_guard_pre_drained_nodes', 'gauge', 'Nodes that are kept empty.', state.preDrained.length],
    ['sess_guard_removed_nodes_total', 'counter', 'Nodes that it has had AWS remove.', totals.removedNodes],
    [
      'sess_guard_drained_replacements_total',
      'counter',
      'Nodes that it drained before AWS replaced them.',
      totals.drainedReplacements,
    ],
    ['sess_guard_failed_rounds_total', 'counter', 'Rounds that failed.', totals.failedRounds],
  ];
  return metrics
    .filter(([, , , value]) => value !== undefined)
    .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${label} ${value}\n`)
    .join('');
}
