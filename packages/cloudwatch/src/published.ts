import type { MetricName } from '@sess/metrics';

/** The attribute that distinguishes the series of a metric, and its name in CloudWatch. */
export interface PublishedBy {
  readonly attribute: string;
  /** Must differ from every metric's name: an event has both as properties. */
  readonly dimension: string;
}

/**
 * The published metrics, each with the attribute that becomes its dimension; values are added up over the other
 * attributes. AWS charges for each value of a dimension, so no dimension is per node: about fifty metrics per
 * application, whatever its size.
 */
export const PUBLISHED: Readonly<Partial<Record<MetricName, PublishedBy | undefined>>> = {
  'sess.session.misses': { attribute: 'sess.miss.cause', dimension: 'Cause' },
  'sess.session.loads': { attribute: 'sess.outcome', dimension: 'Outcome' },
  'sess.session.saves': { attribute: 'sess.outcome', dimension: 'Outcome' },
  'sess.session.conflicts': undefined,
  'sess.session.operation.duration': { attribute: 'sess.operation', dimension: 'Operation' },
  'sess.backing.operations': { attribute: 'sess.outcome', dimension: 'Outcome' },
  'db.client.operation.duration': { attribute: 'db.operation.name', dimension: 'Operation' },
  'db.client.connection.pending_requests': undefined,
  'sess.node.state': { attribute: 'sess.node.state', dimension: 'State' },
  'sess.node.memory.used': undefined,
  'sess.node.memory.limit': undefined,
  'sess.node.items': undefined,
  'sess.node.evictions': undefined,
  'sess.view.disagreements': undefined,
  'sess.ring.fingerprint': undefined,
  'sess.discovery.errors': undefined,
  'sess.handover.open': undefined,
  'sess.handover.age': undefined,
  'sess.hints.waiting': undefined,
};
