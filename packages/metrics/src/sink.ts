import type { MetricName } from './metrics.ts';

/** Never holds an id, a key, a user or a secret. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Where metrics go. What it throws is told once as a warning (`SESS_OBSERVER_FAILED`), and fails nothing. */
export interface MetricsSink {
  /** Something happened, `value` times. */
  count(name: MetricName, attributes: Attributes, value: number): void;
  /** Something took so long. */
  record(name: MetricName, attributes: Attributes, seconds: number): void;
}

/** A gauge or a total. */
export interface Reading {
  readonly name: MetricName;
  readonly attributes: Attributes;
  readonly value: number;
}
