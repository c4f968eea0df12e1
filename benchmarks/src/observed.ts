/**
 * What does it cost to observe sessions? Requests with a session over real memcached: without a listener, with
 * listeners on the tracing channels, with OpenTelemetry's metrics, and with its spans as well.
 *
 *     node benchmarks/dist/observed.js [--rounds 15] [--milliseconds 400] [--in-flight 64] [--json FILE]
 *
 * One process runs them in turn. Prints medians over the rounds, and ratios to the run without a listener.
 */
import { tracingChannel } from 'node:diagnostics_channel';

import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { collectMetrics } from '@sess/metrics';
import { observeSessions } from '@sess/opentelemetry';
import { createSessions } from '@sess/session';

import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine('node benchmarks/dist/observed.js', 'What does it cost to watch sessions?', {
  rounds: { help: 'measurements of each way', default: 15 },
  milliseconds: { help: 'length of a measurement', default: 400 },
  'in-flight': { help: 'requests at once', default: 64 },
  json: JSON_FILE,
});

const SECRET = 'a secret of at least thirty-two bytes';
const CONNECTION = { secure: true, response: { headersSent: false } };

/** Drops all spans, because exporting them is not measured. */
const NOWHERE: SpanProcessor = {
  onStart: nothing,
  onEnd: nothing,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
class NoReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

/** Starts to observe; returns a function that stops it. */
type Watch = () => () => void;

const meterProvider = new MeterProvider({ readers: [new NoReader()] });
const tracerProvider = new BasicTracerProvider({ spanProcessors: [NOWHERE] });
const watches: Readonly<Record<string, Watch>> = {
  'no listener': () => nothing,
  'a listener on each tracing channel': listenToAll,
  '@sess/metrics alone': () => {
    const collection = collectMetrics({ count: nothing, record: nothing });
    return () => collection.stop();
  },
  'OpenTelemetry, metrics': () => {
    const observing = observeSessions({ meterProvider, tracerProvider: false });
    return () => observing.stop();
  },
  'OpenTelemetry, metrics and spans': () => {
    const observing = observeSessions({ meterProvider, tracerProvider });
    return () => observing.stop();
  },
};

function nothing(): void {}

function listenToAll(): () => void {
  const channels = ['client:get', 'client:set', 'session:load', 'session:save'].map((name) =>
    tracingChannel(`@sess/${name}`),
  );
  for (const { asyncEnd } of channels) asyncEnd.subscribe(nothing);
  return () => {
    for (const { asyncEnd } of channels) asyncEnd.unsubscribe(nothing);
  };
}

await using cluster = await startLocalCluster({ nodes: 1, runtime: 'memcached' });
const client = createClient({ servers: cluster.nodes.map(({ id }) => id), historySecret: SECRET });
await client.ready();
const sessions = createSessions({ client, secret: SECRET, secure: true });
const login = await sessions.open(undefined, CONNECTION);
login.current.set('user', 'USER_123');
await login.commit();
const cookie = login.takeCookie()?.split(';')[0];

interface Sample {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** Loads a session, reads it, and ends the request, repeatedly for the given time. */
async function measure(milliseconds: number): Promise<Sample> {
  let requests = 0;
  const until = performance.now() + milliseconds;
  const before = process.cpuUsage();
  const began = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      const session = await sessions.open(cookie, CONNECTION);
      if (session.current.get('user') === undefined) throw new Error('a session was not found');
      await session.commit();
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: options['in-flight'] }, lane));
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond: (requests / (performance.now() - began)) * 1_000,
    cpuMicroseconds: (user + system) / requests,
  };
}

const samples = new Map<string, Sample[]>(Object.keys(watches).map((name) => [name, []]));
// Round 0 warms up, and does not count.
for (let round = 0; round <= options.rounds; round += 1) {
  for (const [name, watch] of Object.entries(watches)) {
    const stop = watch();
    const sample = await measure(options.milliseconds);
    stop();
    if (round > 0) samples.get(name)?.push(sample);
  }
}
await client.close();
await tracerProvider.shutdown();

const results = [...samples].map(([name, list]) => ({
  name,
  perSecond: median(list.map(({ perSecond }) => perSecond)),
  cpuMicroseconds: median(list.map(({ cpuMicroseconds }) => cpuMicroseconds)),
}));
const plain = results[0]?.cpuMicroseconds ?? Number.NaN;
printTable(
  ['', 'requests/s', 'CPU µs each', 'CPU, ratio'],
  results.map(({ name, perSecond, cpuMicroseconds }) => [
    name,
    count(perSecond),
    cpuMicroseconds.toFixed(1),
    (cpuMicroseconds / plain).toFixed(2),
  ]),
);
await writeJson(options.json, { results });
