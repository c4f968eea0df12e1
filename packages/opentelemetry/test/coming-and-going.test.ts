/** A cluster that scales for weeks: nodes come and go, each with a name of its own. */
import { channel } from 'node:diagnostics_channel';

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ClientFigures, CollectMessage } from '@sess/client';
import { collectMetrics } from '@sess/metrics';
import { expect, it, onTestFinished } from 'vitest';

import { observeSessions } from '../src/index.ts';

const AT_A_TIME = 5;
const CHANGES = 100;
/** Each is 1 or 0. */
const STATES = 4;

/** A client whose nodes are all replaced whenever `change` is called. */
function scalingClient(): { readonly change: () => void } {
  let first = 0;
  const figures = (): ClientFigures => ({
    nodes: Array.from({ length: AT_A_TIME }, (_, index) => {
      const serverAddress = `10.0.${Math.floor((first + index) / 250)}.${(first + index) % 250}`;
      const rest = { peerAddress: undefined, state: 'up', drain: undefined, pending: 0 } as const;
      return { id: `${serverAddress}:11211`, serverAddress, serverPort: 11_211, ...rest };
    }),
    handovers: [],
    ring: 'a1',
    hints: 0,
    counters: () => Promise.resolve(new Map()),
  });
  const answer = (message: unknown): void => (message as CollectMessage).add(figures());
  channel('sess:client:collect').subscribe(answer);
  onTestFinished(() => {
    channel('sess:client:collect').unsubscribe(answer);
  });
  return { change: () => void (first += AT_A_TIME) };
}

it('what is collected is of the nodes that there are', async () => {
  const client = scalingClient();
  const collection = collectMetrics({ count: () => {}, record: () => {} });
  onTestFinished(() => collection.stop());
  for (let change = 0; change < CHANGES; change += 1) {
    client.change();
    const readings = await collection.read();
    expect(readings.filter(({ name }) => name === 'sess.node.state')).toHaveLength(AT_A_TIME * STATES);
  }
});

it('exporters of deltas are told of nodes that there are, and once that one has left', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const client = scalingClient();
  const observing = observeSessions({ meterProvider, tracerProvider: false });
  onTestFinished(() => observing.stop());
  onTestFinished(() => meterProvider.shutdown());
  let points: readonly unknown[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    client.change();
    exporter.reset();
    await reader.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics));
    points = metrics.find(({ descriptor }) => descriptor.name === 'sess.node.state')?.dataPoints ?? [];
    expect(points.length).toBeLessThanOrEqual(2 * AT_A_TIME * STATES);
  }
  expect(points.length).toBeGreaterThanOrEqual(AT_A_TIME * STATES);
});
