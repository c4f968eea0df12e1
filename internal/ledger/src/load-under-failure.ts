/**
 * Runs a steady load on several application processes while a node is killed and restarts empty; then reads every
 * session back through every process.
 */
import { startLocalCluster, type LocalCluster, type Runtime } from '@sess/local-cluster';
import { Application } from './application.ts';
import type { ClientSettings } from './orders.ts';
import { Workload } from './workload.ts';

export interface LoadOptions {
  readonly runtime: Runtime;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly nodes: number;
  readonly processes: number;
  readonly sessions: number;
  readonly settings: ClientSettings;
  readonly onProgress?: (text: string) => void;
}

export interface LoadOutcome {
  readonly requests: number;
  readonly errors: ReadonlyMap<string, number>;
  /** The message of the first error of each kind. */
  readonly firstErrors: ReadonlyMap<string, string>;
  /** Fraction of requests that failed. */
  readonly errorRate: number;
  readonly staleReads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly sessions: number;
  readonly readBack: number;
  /** Changes that are not promised, because a process got no answer from a node that others may have reached. */
  readonly disclaimed: number;
  /** Descriptions of acknowledged changes that were lost. */
  readonly faults: readonly string[];
}

/** Not measured: processes start and connect. */
const WARM_UP_MS = 500;

export async function loadUnderFailure(options: LoadOptions): Promise<LoadOutcome> {
  const { runtime, nodes, processes, settings } = options;
  const cluster = await startLocalCluster({ nodes, runtime, memoryMegabytes: 256 });
  const applications = Array.from({ length: processes }, () => new Application(settings, cluster.nodes));
  try {
    await Promise.all(applications.map((application) => application.ready()));
    return await measure(cluster, applications, options);
  } finally {
    await Promise.all(applications.map((application) => application.kill()));
    await cluster.close();
  }
}

async function measure(
  cluster: LocalCluster,
  applications: readonly Application[],
  options: LoadOptions,
): Promise<LoadOutcome> {
  const { requestsPerSecond, seconds, sessions, settings, onProgress } = options;
  const agreementMs = agreementMsOf(settings);
  const workload = new Workload(applications, {
    requestsPerSecond,
    sessions,
    agreementMs,
    timeoutMs: settings.timeoutMs,
  });
  await pause(WARM_UP_MS);
  workload.start();
  const victim = cluster.nodes[0]?.id ?? '';
  await pause((seconds * 1000) / 3);
  onProgress?.(`${victim} is killed`);
  workload.allowStale(0);
  await cluster.crashNode(victim);
  await pause((seconds * 1000) / 3);
  onProgress?.(`${victim} comes back, empty`);
  workload.allowStale(0);
  await cluster.restartNode(victim);
  await pause((seconds * 1000) / 3);
  await workload.end(10 * settings.timeoutMs);
  onProgress?.(`load is over; reading back once everybody agrees (${agreementMs} ms)`);
  await pause(agreementMs);
  const readBack = await workload.readBack();
  const { requests, errors, firstErrors, staleReads, latencies, book } = workload;
  return {
    requests,
    errors,
    firstErrors,
    errorRate: workload.errorCount / requests,
    staleReads,
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    maxMs: latencies.percentile(1),
    sessions: book.accounts.length,
    readBack,
    disclaimed: book.disclaimed,
    faults: book.faults,
  };
}

/** Time until every process acts on the same view and knows that all do. */
export function agreementMsOf({ historyIntervalMs, clockSkewMs }: ClientSettings): number {
  return 4 * historyIntervalMs + clockSkewMs + 1_000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
