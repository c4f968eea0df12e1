import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import {
  agreementMsOf,
  Application,
  loadUnderFailure,
  NamespacedNode,
  Workload,
  type ClientSettings,
  type Loss,
} from '@sess/ledger';
import { delayed, TcpProxy } from '@sess/loopback';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

const SETTINGS: ClientSettings = {
  copies: 2,
  timeoutMs: 500,
  historyIntervalMs: 300,
  clockSkewMs: 100,
  ttlSeconds: 600,
};
const AGREEMENT_MS = agreementMsOf(SETTINGS);
const SLOW_TEST = { timeout: 180_000 };
const runtimes = inject('conformanceRuntimes').filter((runtime) => runtime !== 'embedded');
/** The long form of the tests adds failures of a network. */
const long = inject('long');

interface Bench {
  readonly applications: Application[];
  readonly workload: Workload;
  /** Starts one more process. */
  readonly join: () => Promise<Application>;
  readonly list: (nodes: LocalCluster['nodes']) => void;
}

async function bench(nodes: LocalCluster['nodes'], settings: ClientSettings): Promise<Bench> {
  let listed = nodes;
  const applications: Application[] = [];
  const join = async (): Promise<Application> => {
    const application = new Application(settings, listed);
    onTestFinished(() => application.kill());
    await application.ready();
    applications.push(application);
    return application;
  };
  await Promise.all([join(), join(), join()]);
  const workload = new Workload(applications, {
    requestsPerSecond: 150,
    sessions: 300,
    agreementMs: AGREEMENT_MS,
    timeoutMs: settings.timeoutMs,
  });
  const list = (others: LocalCluster['nodes']): void => {
    listed = others;
    for (const application of applications) application.list(others);
  };
  return { applications, workload, join, list };
}

/** Waits until `requests` more requests were answered. */
async function traffic(workload: Workload, requests: number): Promise<void> {
  const enough = workload.requests + requests;
  await expect.poll(() => workload.requests, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(enough);
}

/** Waits until the processes agree, under traffic. */
async function agreement(workload: Workload): Promise<void> {
  const agreedAt = performance.now() + AGREEMENT_MS;
  await expect.poll(() => performance.now(), { timeout: 60_000, interval: 50 }).toBeGreaterThan(agreedAt);
  await traffic(workload, 1);
}

async function settleAccounts(workload: Workload): Promise<void> {
  await workload.end(10_000);
  const quietSince = performance.now();
  await expect
    .poll(() => performance.now() - quietSince, { timeout: 60_000, interval: 50 })
    .toBeGreaterThan(AGREEMENT_MS);
  const reads = await workload.readBack();
  expect(workload.book.faults).toEqual([]);
  // The traffic included reads and logouts.
  expect(reads).toBeGreaterThan(100);
  expect(workload.book.accounts.some(({ destroyed }) => destroyed)).toBe(true);
}

describe.each(runtimes)('with application processes and nodes of their own (%s)', (runtime) => {
  it(
    'nothing acknowledged is lost and nothing destroyed comes back, while nodes and processes come, go, freeze and die',
    SLOW_TEST,
    async () => {
      const cluster = await startLocalCluster({ nodes: 3, runtime });
      onTestFinished(() => cluster.close());
      const { applications, workload, join, list } = await bench(cluster.nodes, SETTINGS);
      workload.start();
      await traffic(workload, 200);

      // A node joins; one process gets the new list late.
      const added = await cluster.addNode();
      list(cluster.nodes);
      await traffic(workload, 100);

      // A process is killed at work, another starts.
      const [victim] = applications.splice(0, 1);
      await victim?.kill();
      await join();
      await traffic(workload, 100);

      // A node crashes, stays on the list, and returns empty when all processes agree.
      const [first, second] = cluster.nodes;
      await cluster.crashNode(first?.id ?? '');
      await agreement(workload);
      await cluster.restartNode(first?.id ?? '');
      await agreement(workload);

      // A process sleeps through an agreement while a node hangs.
      const sleeper = applications[0];
      workload.allowStale(2 * AGREEMENT_MS);
      sleeper?.stop();
      await cluster.pauseNode(second?.id ?? '');
      await agreement(workload);
      await cluster.resumeNode(second?.id ?? '');
      sleeper?.goOn();
      await agreement(workload);

      // A node is drained, and then removed.
      expect(await applications[1]?.drain(added.id)).toBeGreaterThan(0);
      await cluster.removeNode(added.id);
      list(cluster.nodes);
      await agreement(workload);
      await settleAccounts(workload);
    },
  );
});

describe.runIf(long && runtimes.includes('memcached') && inject('programs').includes('network-namespaces'))(
  'with a network between them',
  () => {
    it(
      'nothing is lost and nothing comes back when a node is cut off from everybody, and returns with what it held',
      SLOW_TEST,
      async () => {
        const nodes = await Promise.all([1, 2, 3].map((number) => NamespacedNode.open(number)));
        for (const node of nodes) onTestFinished(() => node.close());
        const listed = nodes.map((node) => ({ ...node.listed, state: 'running' as const }));
        const { workload } = await bench(listed, SETTINGS);
        workload.start();
        await traffic(workload, 200);
        workload.allowStale(AGREEMENT_MS);
        await nodes[0]?.cutOff();
        await agreement(workload);
        await traffic(workload, 100);
        await nodes[0]?.reconnect();
        await agreement(workload);
        await settleAccounts(workload);
      },
    );
  },
);

describe.runIf(long && runtimes.includes('memcached'))('with memcached', () => {
  it(
    'nothing is lost and nothing comes back when one process reaches a node late, and then not at all for a while',
    SLOW_TEST,
    async () => {
      const cluster = await startLocalCluster({ nodes: 3, runtime: 'memcached' });
      onTestFinished(() => cluster.close());
      const [first, ...rest] = cluster.nodes;
      if (first === undefined) throw new Error('no node');
      // Between one process and one node, with the node's port, so that the node keeps its name.
      let delayMs = 0;
      const proxy = new TcpProxy(
        first.port,
        delayed(() => delayMs),
      );
      await proxy.listen({ host: '127.0.0.2', port: first.port });
      onTestFinished(() => proxy[Symbol.asyncDispose]());
      const { applications, workload } = await bench(cluster.nodes, SETTINGS);
      applications[0]?.list([{ ...first, address: '127.0.0.2' }, ...rest]);
      workload.start();
      await traffic(workload, 100);
      delayMs = 100;
      await traffic(workload, 200);
      workload.allowStale(AGREEMENT_MS);
      delayMs = 2 * SETTINGS.timeoutMs;
      await agreement(workload);
      delayMs = 0;
      await agreement(workload);
      await settleAccounts(workload);
    },
  );

  it.each<[string, Loss, number]>([
    ['is killed and comes back empty', 'crash', 2],
    ['is emptied again and again', 'flush', 2],
    ['is emptied again and again', 'flush', 3],
  ])('a load goes on while a node %s (%s, %i copies)', SLOW_TEST, async (_, loss, copies) => {
    const outcome = await loadUnderFailure({
      runtime: 'memcached',
      loss,
      requestsPerSecond: 150,
      seconds: 6,
      nodes: 3,
      processes: 2,
      // The fewer, the more often several processes change one at the same time.
      sessions: loss === 'flush' ? 5 : 300,
      settings: { ...SETTINGS, copies },
    });
    expect(outcome.faults).toEqual([]);
    expect(outcome.requests).toBeGreaterThan(500);
    expect(outcome.readBack).toBeGreaterThan(20);
  });
});
