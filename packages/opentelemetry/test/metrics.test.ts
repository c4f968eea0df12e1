import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type IMetricReader,
} from '@opentelemetry/sdk-metrics';
import { METRICS } from '@sess/metrics';
import { describe, expect, it, onTestFinished } from 'vitest';

import { observeSessions } from '../src/index.ts';
import { openShop, shopping } from './shop.ts';

/** Observes with this reader until the test has ended. */
function observe(reader: IMetricReader): { readonly stop: () => void } {
  const meterProvider = new MeterProvider({ readers: [reader] });
  const observing = observeSessions({ meterProvider, tracerProvider: false });
  onTestFinished(() => meterProvider.shutdown());
  onTestFinished(() => observing.stop());
  return observing;
}

/** Observes; each call of `metrics` gives all that the SDK has then. */
function collect(): { readonly metrics: () => Promise<readonly MetricData[]>; readonly stop: () => void } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const { stop } = observe(reader);
  const metrics = async (): Promise<readonly MetricData[]> => {
    exporter.reset();
    await reader.forceFlush();
    return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  };
  return { metrics, stop };
}

async function exported(during: () => Promise<void>): Promise<readonly MetricData[]> {
  const { metrics } = collect();
  await during();
  return metrics();
}

type Point = { readonly attributes: Record<string, unknown>; readonly value: unknown };

function pointsOf(metrics: readonly MetricData[], name: string): readonly Point[] {
  return metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
}

function valueOf(metrics: readonly MetricData[], name: string, attributes: Record<string, unknown>): unknown {
  return pointsOf(metrics, name).find((point) =>
    Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
  )?.value;
}

describe('metrics', () => {
  it('count loads by outcome, misses by cause, saves by reason', async () => {
    const shop = await openShop();
    const metrics = await exported(() => shopping(shop));
    expect(valueOf(metrics, 'sess.session.loads', { 'sess.outcome': 'miss' })).toBe(1);
    expect(valueOf(metrics, 'sess.session.saves', { 'sess.save.reason': 'new', 'sess.outcome': 'written' })).toBe(1);
    expect(valueOf(metrics, 'sess.session.saves', { 'sess.save.reason': 'regenerated' })).toBe(1);
    expect(valueOf(metrics, 'sess.session.destroys', { 'sess.destroy.reason': 'asked' })).toBe(1);
  });

  it('tell why a session was missed', async () => {
    const shop = await openShop();
    const { metrics } = collect();
    await shopping(shop);
    const cause = { 'sess.miss.cause': 'destroyed', 'sess.miss.certainty': 'certain' };
    await expect.poll(async () => valueOf(await metrics(), 'sess.session.misses', cause)).toBe(1);
  });

  it('tell of a node that this process asks no more that it is in no state', async () => {
    const shop = await openShop();
    const { metrics } = collect();
    const up = async (): Promise<number> =>
      pointsOf(await metrics(), 'sess.node.state').filter(({ value }) => value === 1).length;
    expect(await up()).toBe(2);
    await shop.client.close();
    expect(await up()).toBe(0);
  });

  it('time the operations of the client as OpenTelemetry has it for databases', async () => {
    const shop = await openShop(1);
    const [node] = shop.cluster.nodes;
    const metrics = await exported(() => shopping(shop));
    const duration = metrics.find(({ descriptor }) => descriptor.name === 'db.client.operation.duration');
    expect(duration?.descriptor.unit).toBe('s');
    const gets = pointsOf(metrics, 'db.client.operation.duration').find(
      ({ attributes }) => attributes['db.operation.name'] === 'get',
    );
    expect(gets?.attributes).toMatchObject({
      'db.system.name': 'memcached',
      'server.address': node?.host,
      'server.port': node?.port,
    });
    expect(gets?.value).toMatchObject({
      buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
  });

  it('show the states and the counters of nodes, and the ring', async () => {
    const shop = await openShop(2);
    const metrics = await exported(() => shopping(shop));
    for (const { host, port } of shop.cluster.nodes) {
      const server = { 'server.address': host, 'server.port': port };
      expect(valueOf(metrics, 'sess.node.state', { ...server, 'sess.node.state': 'up' })).toBe(1);
      expect(valueOf(metrics, 'sess.node.state', { ...server, 'sess.node.state': 'down' })).toBe(0);
      expect(valueOf(metrics, 'sess.node.memory.limit', server)).toBeGreaterThan(0);
      expect(valueOf(metrics, 'sess.node.evictions', server)).toBe(0);
    }
    expect(valueOf(metrics, 'sess.ring.fingerprint', {})).toBeGreaterThan(0);
    expect(valueOf(metrics, 'sess.hints.waiting', {})).toBe(0);
    expect(valueOf(metrics, 'sess.handover.open', { 'sess.handover.phase': 'handover' })).toBe(0);
  });

  it('have no attribute but those that are declared, and no id, key, user or secret in one', async () => {
    const shop = await openShop();
    const metrics = await exported(() => shopping(shop));
    const seen = new Set<string>();
    for (const { descriptor, dataPoints } of metrics) {
      const declared: readonly string[] = METRICS[descriptor.name as keyof typeof METRICS].attributes;
      for (const { attributes } of dataPoints) {
        for (const [name, value] of Object.entries(attributes)) {
          expect(declared, descriptor.name).toContain(name);
          seen.add(String(value));
        }
      }
    }
    expect(seen.size).toBeGreaterThan(5);
    const shown = [...seen].join('\n');
    expect(shop.secrets.size).toBeGreaterThan(4);
    for (const secret of shop.secrets) expect(shown).not.toContain(secret);
  });

  it('are what Prometheus scrapes', async () => {
    const shop = await openShop();
    const exporter = new PrometheusExporter({ host: '127.0.0.1', port: 0, preventServerStart: true });
    observe(exporter);
    await shopping(shop);
    const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(scraped).toMatch(/^sess_session_loads_total\{.*sess_outcome="miss".*\} 1$/m);
    expect(scraped).toMatch(/^db_client_operation_duration_bucket\{.*db_operation_name="get".*le="0.001"\}/m);
    expect(scraped).toMatch(/^sess_ring_fingerprint(\{.*\})? \d+$/m);
    for (const secret of shop.secrets) expect(scraped).not.toContain(secret);
  });

  it('are what a collector receives over OTLP', async () => {
    const shop = await openShop();
    const received: string[] = [];
    const server = createServer((request, response) => {
      const answer = async (): Promise<void> => {
        received.push(await body(request));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      };
      void answer();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${port}/v1/metrics` });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const observing = observeSessions({ meterProvider, tracerProvider: false });
    onTestFinished(() => observing.stop());
    await shopping(shop);
    await meterProvider.shutdown();
    const all = received.join();
    for (const name of ['sess.session.loads', 'sess.node.state', 'db.client.operation.duration'])
      expect(all).toContain(`"${name}"`);
    for (const secret of shop.secrets) expect(all).not.toContain(secret);
  });

  it('end with stop', async () => {
    const shop = await openShop();
    const { metrics, stop } = collect();
    stop();
    stop();
    await shopping(shop);
    expect((await metrics()).filter(({ dataPoints }) => dataPoints.length > 0)).toEqual([]);
  });
});

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
