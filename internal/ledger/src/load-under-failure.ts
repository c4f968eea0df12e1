/**
 * Runs a steady load on several application processes while a node loses its memory; then reads every session back
 * through every process.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { startLocalCluster, type LocalCluster, type LocalNode, type Runtime } from '@sess/local-cluster';
import { Application } from './application.ts';
import type { ClientSettings } from './orders.ts';
import { Workload } from './workload.ts';

/** `crash`: the node is killed, and restarts empty. `flush`: it stays up, and is emptied again and again. */
export type Loss = 'crash' | 'flush';

export interface LoadOptions {
  readonly runtime: Runtime;
  readonly loss: Loss;
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
/** Time between two flushes of the node, in milliseconds: some hit a write between its nodes. */
const FLUSH_EVERY_MS = 50;

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
  const { loss, requestsPerSecond, seconds, sessions, settings, onProgress = () => undefined } = options;
  const agreementMs = agreementMsOf(settings);
  const workload = new Workload(applications, {
    requestsPerSecond,
    sessions,
    agreementMs,
    timeoutMs: settings.timeoutMs,
  });
  await pause(WARM_UP_MS);
  workload.start();
  const thirdMs = (seconds * 1000) / 3;
  await pause(thirdMs);
  await LOSSES[loss](cluster, workload, thirdMs, onProgress);
  await pause(thirdMs);
  await workload.end(10 * settings.timeoutMs);
  onProgress(`load is over; reading back once everybody agrees (${agreementMs} ms)`);
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

type Lose = (
  cluster: LocalCluster,
  workload: Workload,
  forMs: number,
  onProgress: (text: string) => void,
) => Promise<void>;

const LOSSES: Readonly<Record<Loss, Lose>> = {
  async crash(cluster, workload, forMs, onProgress) {
    const [victim] = cluster.nodes as [LocalNode];
    onProgress(`${victim.id} is killed`);
    workload.allowStale(0);
    await cluster.crashNode(victim.id);
    await pause(forMs);
    onProgress(`${victim.id} comes back, empty`);
    workload.allowStale(0);
    await cluster.restartNode(victim.id);
  },

  async flush(cluster, _workload, forMs, onProgress) {
    const [victim] = cluster.nodes as [LocalNode];
    const socket = connect(victim.port, victim.host);
    onProgress(`${victim.id} is emptied every ${FLUSH_EVERY_MS} ms`);
    try {
      for (const until = performance.now() + forMs; performance.now() < until; await pause(FLUSH_EVERY_MS)) {
        socket.write('flush_all\r\n');
        await once(socket, 'data');
      }
    } finally {
      socket.destroy();
    }
  },
};

/** Time until every process acts on the same view and knows that all do. */
export function agreementMsOf({ historyIntervalMs, clockSkewMs }: ClientSettings): number {
  return 4 * historyIntervalMs + clockSkewMs + 1_000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
