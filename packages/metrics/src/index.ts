export { checkNames } from './check-names.ts';
export { collectMetrics, type Collection } from './collect-metrics.ts';
export { guarded } from './guarded.ts';
export { METRICS, type MetricDefinition, type MetricName } from './metrics.ts';
export type { Attributes, MetricsSink, Reading } from './sink.ts';
