/**
 * A night, end to end: one node restarts, one evicts, one is removed from the list without a drain. In the morning
 * users are logged out; the metrics, the page and `sess doctor` report why, and how many.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { clusterSettings, openPicture, runCommand, type ClusterPicture, type PictureCause } from '@sess/cli';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { observeSessions } from '@sess/opentelemetry';
import { expect, inject, it, onTestFinished } from 'vitest';

import { SECRET, Shop, type User } from './night-shop.ts';

const PEOPLE = 1_200;
const NODE_MEGABYTES = 8;
const [runtime = 'embedded'] = inject('mainRuntimes');

it('a night is explained by the metrics, the page and the doctor', { timeout: 300_000 }, async () => {
  const cluster = await startLocalCluster({ nodes: 4, runtime, memoryMegabytes: NODE_MEGABYTES });
  onTestFinished(() => cluster.close());
  const [restarted = '', full = '', removed = ''] = cluster.nodes.map(({ id }) => id);
  const servers = `${cluster.url}?pollIntervalMs=200&probeIntervalMs=100&maxProbePauseMs=100`;
  const env = { SESS_SERVERS: servers, SESS_SECRET: SECRET };

  const misses = observing();
  const shop = await Shop.open(servers);
  onTestFinished(() => shop.close());
  // Like a periodic scrape: it takes the first reading of the nodes' counters.
  await misses.read();
  await shop.evening(PEOPLE);
  const lastUse = Date.now();
  const homes = new Map(shop.users.map(({ account, key }) => [account.key, shop.clients[0]?.explain(key).owners[0]]));
  const page = await watching(env, misses);
  await expect.poll(() => page.picture?.nodes.length).toBe(4);

  // Nodes report their uptime in whole seconds, and a little too high.
  await expect.poll(() => Date.now() - lastUse).toBeGreaterThan(6_000);
  await cluster.crashNode(restarted);
  await cluster.restartNode(restarted);
  await fill(cluster, full);
  await cluster.removeNode(removed);
  const areCalm = (): boolean =>
    shop.clients.every(
      ({ topology: { nodes, states } }) => nodes.length === 3 && nodes.every(({ id }) => states.get(id) === 'up'),
    );
  await expect.poll(areCalm, { timeout: 60_000 }).toBe(true);

  const lost = await shop.morning();
  expect(shop.book.faults).toEqual([]);
  const lostOn = (node: string): number => lost.filter(({ account }) => homes.get(account.key) === node).length;
  const booked = { restarted: lostOn(restarted), full: lostOn(full), removed: lostOn(removed) };
  // All sessions of two nodes, some of the third, and none of the fourth.
  expect(booked.restarted).toBe(usersOn(shop.users, homes, restarted));
  expect(booked.removed).toBe(usersOn(shop.users, homes, removed));
  expect(booked.full).toBeGreaterThan(0);
  expect(booked.restarted + booked.full + booked.removed).toBe(lost.length);

  // Causes are determined after the requests are answered.
  await expect.poll(async () => sum(Object.values(await misses.read()))).toBe(lost.length);
  const told = await misses.read();
  expectWithin(told[`node-restarted ${restarted}`], booked.restarted);
  expectWithin(told[`evicted ${full}`], booked.full);
  expectWithin(told[`node-lost ${removed}`], booked.removed);
  expect([...misses.certainties]).not.toContain('possible');

  const shown = (cause: PictureCause, node: string): number => page.shown[`${cause} ${node}`] ?? 0;
  await expect.poll(() => sum(Object.values(page.shown))).toBe(lost.length);
  expectWithin(shown('node-restarted', restarted), booked.restarted);
  expectWithin(shown('evicted', full), booked.full);
  expectWithin(shown('node-lost', removed), booked.removed);
  const happened = page.picture?.happenings.map(({ kind, node }) => `${kind} ${node}`);
  for (const what of [`restarted ${restarted}`, `evicting ${full}`, `left ${removed}`])
    expect(happened).toContain(what);

  const findings = await doctor(env);
  for (const what of [`restarted ${restarted}`, `evictions ${full}`, `reachable ${removed}`])
    expect(findings).toContain(what);
});

/** Within 2 %. */
function expectWithin(figure: number | undefined, booked: number): void {
  expect(Math.abs((figure ?? 0) - booked) / booked).toBeLessThanOrEqual(0.02);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function usersOn(users: readonly User[], homes: ReadonlyMap<string, string | undefined>, node: string): number {
  return users.filter(({ account }) => homes.get(account.key) === node).length;
}

/** Counts by `cause node`. */
type Counts = Readonly<Record<string, number>>;

interface Misses {
  /** Reads the counts from the metrics. */
  read(): Promise<Counts>;
  /** The counts read last. */
  readonly last: Counts;
  /** The certainty of the causes read last. */
  readonly certainties: ReadonlySet<unknown>;
}

/** `sess.session.misses`, through OpenTelemetry. */
function observing(): Misses {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const started = observeSessions({ meterProvider, tracerProvider: false });
  onTestFinished(async () => {
    started.stop();
    await meterProvider.shutdown();
  });
  let last: Counts = {};
  let certainties: ReadonlySet<unknown> = new Set();
  const read = async (): Promise<Counts> => {
    exporter.reset();
    await reader.forceFlush();
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    const points = all.find(({ descriptor }) => descriptor.name === 'sess.session.misses')?.dataPoints ?? [];
    const counts: Record<string, number> = {};
    for (const { attributes, value } of points) {
      const node = `${String(attributes['server.address'])}:${String(attributes['server.port'])}`;
      const name = `${String(attributes['sess.miss.cause'])} ${node}`;
      counts[name] = (counts[name] ?? 0) + Number(value);
    }
    certainties = new Set(points.map(({ attributes }) => attributes['sess.miss.certainty']));
    return (last = counts);
  };
  return {
    read,
    get last() {
      return last;
    },
    get certainties() {
      return certainties;
    },
  };
}

/** The page, and the misses it has shown since it was opened. */
async function watching(
  env: Readonly<Record<string, string>>,
  misses: Misses,
): Promise<{ readonly picture: ClusterPicture | undefined; readonly shown: Counts }> {
  const watched: { picture: ClusterPicture | undefined; shown: Record<string, number> } = {
    picture: undefined,
    shown: {},
  };
  const page = await openPicture({
    settings: clusterSettings(undefined, env),
    intervalMs: 250,
    extension: {
      style: '',
      panels: (picture) => {
        watched.picture = picture;
        for (const [node, { causes }] of picture.samples.at(-1)?.nodes ?? [])
          for (const [cause, count] of Object.entries(causes)) {
            const name = `${cause} ${node}`;
            watched.shown[name] = (watched.shown[name] ?? 0) + count;
          }
        return [];
      },
      nodeActions: () => undefined,
      actions: {},
      causes: () => byNode(misses.last),
    },
  });
  onTestFinished(() => page.close());
  return watched;
}

function byNode(counts: Counts): Map<string, Record<string, number>> {
  const nodes = new Map<string, Record<string, number>>();
  for (const [name, count] of Object.entries(counts)) {
    const [cause = '', node = ''] = name.split(' ');
    nodes.set(node, { ...nodes.get(node), [cause]: count });
  }
  return nodes;
}

/** Fills the node's memory, like another program that uses it. */
async function fill(cluster: LocalCluster, id: string): Promise<void> {
  const node = cluster.nodes.find((one) => one.id === id);
  const socket = connect(node?.port ?? 0, node?.host).setEncoding('latin1');
  // As large as a session, because memcached has separate memory per item size.
  const value = 'x'.repeat(1_200);
  const items = (2 * NODE_MEGABYTES * 1_048_576) / value.length;
  for (let item = 0; item < items; item += 1)
    if (!socket.write(`set batch/${item} 0 600 ${value.length} noreply\r\n${value}\r\n`)) await once(socket, 'drain');
  socket.write('version\r\n');
  await once(socket, 'data');
  socket.destroy();
}

/** Each finding as `check subject`. */
async function doctor(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  let written = '';
  await runCommand(['doctor', '--json'], {
    stdout: { write: (text) => (written += text) },
    stderr: { write: () => true },
    readInput: async () => '',
    version: '1.2.3',
    env,
    signal: new AbortController().signal,
  });
  const { findings } = JSON.parse(written) as { findings: { check: string; subject: string }[] };
  return findings.map(({ check, subject }) => `${check} ${subject}`);
}
