import type { MetricName } from './metrics.ts';

/** Attributes of a metric. Never contain an id, a key, a user or a secret. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Receives metrics. Its first error becomes a warning (`SESS_OBSERVER_FAILED`); errors never reach the application. */
export interface MetricsSink {
  /** An event happened `value` times. */
  count(name: MetricName, attributes: Attributes, value: number): void;
  /** An operation took `value`. */
  record(name: MetricName, attributes: Attributes, seconds: number): void;
}

/** The value of a gauge or a total. */
export interface Reading {
  readonly name: MetricName;
  readonly attributes: Attributes;
  readonly value: number;
}
