/** All metrics, for every sink. Names, units and attributes follow OpenTelemetry's conventions. */
export interface MetricDefinition {
  /**
   * `counter` and `histogram`: recorded when something happens. `gauge` and `total`: read on request; a total only
   * grows, until its node restarts.
   */
  readonly kind: 'counter' | 'histogram' | 'gauge' | 'total';
  /** A UCUM unit, in OpenTelemetry's form. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

export type MetricName =
  | 'db.client.operation.duration'
  | 'db.client.connection.count'
  | 'db.client.connection.pending_requests'
  | 'sess.session.loads'
  | 'sess.session.misses'
  | 'sess.session.saves'
  | 'sess.session.conflicts'
  | 'sess.session.destroys'
  | 'sess.session.id_retries'
  | 'sess.session.operation.duration'
  | 'sess.backing.operations'
  | 'sess.node.state'
  | 'sess.node.state_changes'
  | 'sess.node.draining'
  | 'sess.node.memory.used'
  | 'sess.node.memory.limit'
  | 'sess.node.items'
  | 'sess.node.connections'
  | 'sess.node.evictions'
  | 'sess.view.changes'
  | 'sess.view.disagreements'
  | 'sess.ring.fingerprint'
  | 'sess.discovery.errors'
  | 'sess.history.refused'
  | 'sess.foreign_items'
  | 'sess.handover.open'
  | 'sess.handover.age'
  | 'sess.handover.passes'
  | 'sess.handover.carried'
  | 'sess.rereplication.runs'
  | 'sess.rereplication.carried'
  | 'sess.hints.waiting'
  | 'sess.hints.dropped';

const NODE = ['server.address', 'server.port'] as const;
/** OpenTelemetry's buckets for databases, in seconds. */
const DURATIONS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;

export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = {
  'db.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of operations of the memcached client, as the application waits for them.',
    attributes: ['db.system.name', 'db.operation.name', ...NODE, 'network.peer.address', 'error.type'],
    buckets: DURATIONS,
  },
  'db.client.connection.count': {
    kind: 'gauge',
    unit: '{connection}',
    description: 'Connections to nodes. Each client has one to each node.',
    attributes: ['db.client.connection.pool.name', 'db.client.connection.state'],
  },
  'db.client.connection.pending_requests': {
    kind: 'gauge',
    unit: '{request}',
    description: 'Requests to a node that have no answer yet.',
    attributes: ['db.client.connection.pool.name'],
  },
  'sess.session.loads': {
    kind: 'counter',
    unit: '{session}',
    description: 'Loads of sessions, by outcome.',
    attributes: ['sess.store', 'sess.outcome'],
  },
  'sess.session.misses': {
    kind: 'counter',
    unit: '{session}',
    description: 'Sessions that were not found, by cause and its certainty.',
    attributes: ['sess.store', 'sess.miss.cause', 'sess.miss.certainty', ...NODE],
  },
  'sess.session.saves': {
    kind: 'counter',
    unit: '{session}',
    description: 'Sessions at the end of a request, by the reason to write them or not, and the outcome.',
    attributes: ['sess.store', 'sess.save.reason', 'sess.outcome'],
  },
  'sess.session.conflicts': {
    kind: 'counter',
    unit: '{conflict}',
    description: 'Saves that found a newer state of the session; each is merged and retried.',
    attributes: ['sess.store'],
  },
  'sess.session.destroys': {
    kind: 'counter',
    unit: '{session}',
    description: 'Sessions that were ended, or got another id.',
    attributes: ['sess.store', 'sess.destroy.reason', 'sess.outcome'],
  },
  'sess.session.id_retries': {
    kind: 'counter',
    unit: '{retry}',
    description: 'New sessions that got another id because the node for the first one was out of reach.',
    attributes: ['sess.store'],
  },
  'sess.session.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of loads, saves, touches and destructions of sessions.',
    attributes: ['sess.store', 'sess.operation', 'error.type'],
    buckets: DURATIONS,
  },
  'sess.backing.operations': {
    kind: 'counter',
    unit: '{operation}',
    description: 'Operations of the database behind the cache, by outcome.',
    attributes: ['sess.backing', 'sess.operation', 'sess.outcome'],
  },
  'sess.node.state': {
    kind: 'gauge',
    unit: '1',
    description: '1 for the node’s current state as this process sees it, 0 for the others.',
    attributes: [...NODE, 'sess.node.state'],
  },
  'sess.node.state_changes': {
    kind: 'counter',
    unit: '{change}',
    description: 'Changes of a node’s state, by the new state.',
    attributes: [...NODE, 'sess.node.state'],
  },
  'sess.node.draining': {
    kind: 'gauge',
    unit: '1',
    description: '1 for a node that is being drained, or is drained and still listed.',
    attributes: [...NODE, 'sess.drain.phase'],
  },
  'sess.node.memory.used': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes used by a node’s items.',
    attributes: NODE,
  },
  'sess.node.memory.limit': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes available for items on a node (memcached -m).',
    attributes: NODE,
  },
  'sess.node.items': { kind: 'gauge', unit: '{item}', description: 'Items on a node.', attributes: NODE },
  'sess.node.connections': {
    kind: 'gauge',
    unit: '{connection}',
    description: 'Open connections of a node, from all clients.',
    attributes: NODE,
  },
  'sess.node.evictions': {
    kind: 'total',
    unit: '{item}',
    description: 'Items that a node evicted for lack of memory, since it started.',
    attributes: NODE,
  },
  'sess.view.changes': {
    kind: 'counter',
    unit: '{change}',
    description: 'Changes of the nodes in rotation, by their cause.',
    attributes: ['sess.view.cause'],
  },
  'sess.view.disagreements': {
    kind: 'counter',
    unit: '{disagreement}',
    description: 'Minutes in which another client used other nodes than this one.',
    attributes: [],
  },
  'sess.ring.fingerprint': {
    kind: 'gauge',
    unit: '1',
    description: 'A number for everything that decides which node owns a key. Two values in one fleet are a fault.',
    attributes: [],
  },
  'sess.discovery.errors': {
    kind: 'counter',
    unit: '{error}',
    description: 'Failed polls of discovery, including lists that can’t be used.',
    attributes: [],
  },
  'sess.history.refused': {
    kind: 'counter',
    unit: '{refusal}',
    description: 'Histories on a node that were refused.',
    attributes: [...NODE, 'sess.history.fault'],
  },
  'sess.foreign_items': {
    kind: 'counter',
    unit: '{item}',
    description: 'Reads that found bytes of another program.',
    attributes: [...NODE, 'sess.foreign.reason'],
  },
  'sess.handover.open': {
    kind: 'gauge',
    unit: '{view}',
    description: 'Open handovers from earlier lists of nodes, by phase.',
    attributes: ['sess.handover.phase'],
  },
  'sess.handover.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest open handover.',
    attributes: [],
  },
  'sess.handover.passes': {
    kind: 'counter',
    unit: '{pass}',
    description: 'Steps of finishing handovers: begun, passed, done, interrupted.',
    attributes: ['sess.handover.step'],
  },
  'sess.handover.carried': {
    kind: 'counter',
    unit: '{item}',
    description: 'Items that finishing handovers copied to their owners.',
    attributes: [],
  },
  'sess.rereplication.runs': {
    kind: 'counter',
    unit: '{run}',
    description: 'Restorations of copies, by reason and phase.',
    attributes: [...NODE, 'sess.rereplication.reason', 'sess.rereplication.phase'],
  },
  'sess.rereplication.carried': {
    kind: 'counter',
    unit: '{item}',
    description: 'Copies that were restored.',
    attributes: [...NODE, 'sess.rereplication.reason'],
  },
  'sess.hints.waiting': {
    kind: 'gauge',
    unit: '{tombstone}',
    description: 'Deletions that are kept for nodes out of reach.',
    attributes: [],
  },
  'sess.hints.dropped': {
    kind: 'counter',
    unit: '{tombstone}',
    description: 'Deletions that were dropped, because too many were kept.',
    attributes: NODE,
  },
};
