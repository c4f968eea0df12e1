import type { MetricName } from '@sess/metrics';

/** The attribute that tells the series of a metric apart, and its name in CloudWatch. */
export interface PublishedBy {
  readonly attribute: string;
  /** Never a metric's name: an event has both beside each other. */
  readonly dimension: string;
}

/**
 * What goes to CloudWatch, and the attribute that becomes a dimension there; the others are added up. Each value of a
 * dimension is a metric that AWS charges for, so none is one for each node: about fifty metrics for an application,
 * whatever its size.
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
