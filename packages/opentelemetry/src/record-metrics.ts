import type { BatchObservableCallback, Counter, Histogram, Meter, Observable } from '@opentelemetry/api';
import { collectMetrics, METRICS, type Attributes, type MetricDefinition, type MetricName } from '@sess/metrics';

import { DepartedSeries } from './departed-series.ts';

/** Records all metrics with `meter`; returns a function that stops it. */
export function recordMetrics(meter: Meter): () => void {
  const counters = new Map<MetricName, Counter>();
  const histograms = new Map<MetricName, Histogram>();
  const observables = new Map<MetricName, Observable>();
  for (const [name, metric] of Object.entries(METRICS) as [MetricName, MetricDefinition][]) {
    const options = { unit: metric.unit, description: metric.description };
    if (metric.kind === 'counter') counters.set(name, meter.createCounter(name, options));
    else if (metric.kind === 'gauge') observables.set(name, meter.createObservableGauge(name, options));
    else if (metric.kind === 'total') observables.set(name, meter.createObservableCounter(name, options));
    else {
      const advice = { explicitBucketBoundaries: [...(metric.buckets ?? [])] };
      histograms.set(name, meter.createHistogram(name, { ...options, advice }));
    }
  }
  const collection = collectMetrics({
    count: (name, attributes, value) => counters.get(name)?.add(value, attributes),
    record: (name, attributes, seconds) => histograms.get(name)?.record(seconds, attributes),
  });
  const departed = new DepartedSeries();
  const observe: BatchObservableCallback = async (result) => {
    for (const { name, attributes, value } of departed.with(await collection.read())) {
      const observable = observables.get(name);
      if (observable !== undefined) result.observe(observable, value, attributes satisfies Attributes);
    }
  };
  const all = [...observables.values()];
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    collection.stop();
  };
}
