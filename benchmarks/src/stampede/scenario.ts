import { setTimeout as pause } from 'node:timers/promises';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { postgresBacking } from '@sess/postgres-backing';
import { ChildProgram, startPostgres } from '@sess/loopback';
import { Client } from 'pg';
import type { Order, Report, Told } from './worker.ts';

export interface Scenario {
  readonly sessions: number;
  readonly nodes: number;
  readonly processes: number;
  /** Limit of loads per second for each process. */
  readonly loadsPerSecond: number;
  /** Concurrent requests of each process. */
  readonly inFlight: number;
  /** How long the dead node stays listed, in milliseconds. */
  readonly listedMs: number;
  /** The compiled code of the processes. */
  readonly worker: URL;
}

export interface Outcome {
  /** Number of sessions that the cache had lost and the database restored. */
  readonly lost: number;
  /** Number of loads for them, by all processes, and the most for one session. */
  readonly loads: number;
  readonly mostLoads: number;
  /** Loads because the cache did not answer, while the dead node was listed. */
  readonly pastCache: number;
  /** Loads to compare records of the cache with the database after an outage of the cache. */
  readonly checks: number;
  /** Loads as counted by PostgreSQL (`pg_stat_statements`): the total, and the most in one second. */
  readonly loadsCounted: number;
  readonly mostPerSecond: number;
  readonly bound: number;
  readonly answered: number;
  readonly missing: number;
  readonly unavailable: number;
  readonly p99Ms: number;
  /** From when the node left the list until the last lost session was loaded. */
  readonly recoveredMs: number;
}

const LOOK_EVERY_MS = 100;
/** Without a load for this many milliseconds, every session has been requested many times. */
const QUIET_MS = 4_000;

/** A node dies under load. */
export async function stampede(scenario: Scenario): Promise<Outcome> {
  const server = await startPostgres({ shared_preload_libraries: 'pg_stat_statements', max_connections: '200' });
  const database = new Client({ connectionString: server.connectionString });
  database.on('error', () => {});
  let cluster: LocalCluster | undefined;
  const workers: ChildProgram<Told>[] = [];
  try {
    await database.connect();
    await database.query('create extension pg_stat_statements');
    const backing = postgresBacking({
      connectionString: server.connectionString,
      cleanUpIntervalMs: 0,
      statementTimeoutMs: 60_000,
    });
    await backing.migrate();
    await backing.close();
    cluster = await startLocalCluster({ nodes: scenario.nodes, runtime: 'memcached' });
    workers.push(
      ...Array.from(
        { length: scenario.processes },
        () => new ChildProgram<Told>(scenario.worker, { name: 'an application server' }),
      ),
    );
    return await loseNode(scenario, cluster, workers, server.connectionString, database);
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    await cluster?.close();
    await database.end();
    await server.close();
  }
}

async function loseNode(
  scenario: Scenario,
  cluster: LocalCluster,
  workers: readonly ChildProgram<Told>[],
  connectionString: string,
  database: Client,
): Promise<Outcome> {
  const doomed = cluster.nodes[0]?.id ?? '';
  const { sessions, loadsPerSecond, inFlight, processes } = scenario;
  const servers = `elasticache://${cluster.configurationEndpoint}`;
  for (const [from, worker] of workers.entries()) {
    worker.send({
      servers,
      database: connectionString,
      sessions,
      loadsPerSecond,
      inFlight,
      make: { from, of: processes },
    } satisfies Order);
  }
  await Promise.all(workers.map((worker) => worker.next({ isWanted: (told) => told === 'made' })));
  for (const worker of workers) worker.send('go');
  await pause(1_000);
  const samples = [await loadsSoFar(database)];
  const look = async (): Promise<void> => {
    await pause(LOOK_EVERY_MS);
    samples.push(await loadsSoFar(database));
  };
  await cluster.crashNode(doomed);
  for (const from = performance.now(); performance.now() - from < scenario.listedMs;) await look();
  await cluster.removeNode(doomed);
  const removedAt = performance.now();
  let lastLoadAt = removedAt;
  while (performance.now() - lastLoadAt < QUIET_MS) {
    await look();
    if ((samples.at(-1)?.loads ?? 0) > (samples.at(-2)?.loads ?? 0)) lastLoadAt = performance.now();
  }
  const said = await Promise.all(
    workers.map((worker) => worker.ask('stop', { isWanted: (told) => typeof told === 'object' })),
  );
  const reports = said.filter((told) => typeof told === 'object');
  return { ...sum(reports), ...rates(samples), bound: loadsPerSecond * processes, recoveredMs: lastLoadAt - removedAt };
}

interface Sample {
  /** In milliseconds. */
  readonly at: number;
  readonly loads: number;
}

async function loadsSoFar(database: Client): Promise<Sample> {
  // Uses the database's clock, because the answer may arrive late.
  const { rows } = await database.query<{ at: string; loads: string }>(
    "select extract(epoch from clock_timestamp()) * 1000 as at, coalesce(sum(calls), 0) as loads from pg_stat_statements where query like 'select value, version%'",
  );
  const [counted] = rows;
  if (counted === undefined) throw new Error('PostgreSQL counts no statements');
  return { at: Number(counted.at), loads: Number(counted.loads) };
}

function rates(samples: readonly Sample[]): Pick<Outcome, 'loadsCounted' | 'mostPerSecond'> {
  let mostPerSecond = 0;
  for (const [index, from] of samples.entries()) {
    const to = samples.slice(index).find(({ at }) => at - from.at >= 1_000);
    if (to !== undefined)
      mostPerSecond = Math.max(mostPerSecond, ((to.loads - from.loads) * 1_000) / (to.at - from.at));
  }
  return { loadsCounted: (samples.at(-1)?.loads ?? 0) - (samples[0]?.loads ?? 0), mostPerSecond };
}

function sum(reports: readonly Report[]): Omit<Outcome, 'loadsCounted' | 'mostPerSecond' | 'bound' | 'recoveredMs'> {
  const total = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const loads = (reports[0]?.lost ?? []).map((_, index) => total(({ lost }) => lost[index] ?? 0));
  return {
    lost: loads.filter((count) => count > 0).length,
    loads: loads.reduce((all, count) => all + count, 0),
    mostLoads: Math.max(...loads),
    pastCache: total(({ pastCache }) => pastCache),
    checks: total(({ checks }) => checks),
    answered: total(({ answered }) => answered),
    missing: total(({ missing }) => missing),
    unavailable: total(({ unavailable }) => unavailable),
    p99Ms: Math.max(...reports.map(({ p99Ms }) => p99Ms)),
  };
}
