/**
 * What does a change of the cluster cost? Counts the requests to nodes per get and per save (a get, then a set that
 * expects the read version), in each mode, with 1, 2 and 3 copies. Also measures how often each session is stored, and
 * how long the overlap lasts. Counts don't depend on the load of the machine.
 *
 *     node benchmarks/dist/handover-cost.js [--sessions 600]
 */
import { createClient, textTransport, type Client } from '@sess/client';
import { startLocalCluster, type LocalNode } from '@sess/local-cluster';
import { readCommandLine } from './command-line.ts';
import { CountingTransport } from './handover/counting-transport.ts';
import { nodeStats } from './handover/node-stats.ts';
import { OwnList } from './own-list.ts';
import { printTable } from './table.ts';

const values = readCommandLine(
  'node benchmarks/dist/handover-cost.js',
  'What does a change of the cluster cost, in requests?',
  {
    sessions: { help: 'sessions that are read and saved', default: 600 },
  },
);
const KEYS = Array.from({ length: values.sessions }, (_, number) => `session-${number}`);
const HISTORY_INTERVAL_MS = 2_000;
const CLOCK_SKEW_MS = 100;
const ttlSeconds = 3_600;

interface Party {
  readonly client: Client;
  readonly transport: CountingTransport;
  readonly discovery: OwnList;
}

const rows: string[][] = [];
for (const copies of [1, 2, 3]) await measure(copies);
printTable(['copies', 'mode', 'sessions in it', 'requests per get', 'per save', 'next get'], rows);

async function measure(copies: number): Promise<void> {
  const cluster = await startLocalCluster({ nodes: 4, runtime: 'memcached' });
  const before = cluster.nodes.slice(0, 3);
  const parties = [join(copies, before), join(copies, before)];
  try {
    const [{ client, transport }] = parties as [Party];
    await Promise.all(parties.map((party) => party.client.ready()));
    const emptyBytes = await bytesOn(before);
    for (const key of KEYS) await client.set(key, 'x'.repeat(500), { ttlSeconds, expect: 'absent' });
    await settled(client, 0);
    rows.push(await row(copies, 'settled', { client, transport }));
    const stored = await Promise.all(before.map(countKeys));
    const bytes = ((await bytesOn(before)) - emptyBytes) / KEYS.length;
    const records = stored.reduce((sum, keys) => sum + keys, 0) / KEYS.length;
    console.log(
      `copies ${copies}: ${records.toFixed(2)} records and ${bytes.toFixed(0)} bytes of memcached's memory for each session of 500 bytes`,
    );

    for (const party of parties) party.discovery.tell(cluster.nodes.map(({ id }) => id));
    const turnedAt = performance.now();
    await settled(client, 1);
    rows.push(await row(copies, 'overlap', { client, transport }));
    await modeIs(client, 'handover');
    const overlapMs = performance.now() - turnedAt;
    console.log(
      `copies ${copies}: overlap lasted ${(overlapMs / 1000).toFixed(1)} s, with a history interval of ${HISTORY_INTERVAL_MS} ms and a skew of ${CLOCK_SKEW_MS} ms`,
    );
    rows.push(await row(copies, 'handover', { client, transport }));
  } finally {
    await Promise.all(parties.map((party) => party.client.close()));
    await cluster.close();
  }
}

function join(copies: number, nodes: readonly LocalNode[]): Party {
  const transport = new CountingTransport();
  const discovery = new OwnList();
  const client = createClient({
    discovery,
    transport,
    copies,
    timeoutMs: 5_000,
    historyIntervalMs: HISTORY_INTERVAL_MS,
    // The counted modes must last.
    handover: { clockSkewMs: CLOCK_SKEW_MS, finish: false },
  });
  discovery.tell(nodes.map(({ id }) => id));
  return { client, transport, discovery };
}

/**
 * Requests per operation on the sessions that are in `mode` now. Reads half of them first, and saves the others first.
 */
async function row(
  copies: number,
  mode: string,
  { client, transport }: Pick<Party, 'client' | 'transport'>,
): Promise<string[]> {
  const keys = KEYS.filter((key) => client.explain(key).mode === mode);
  const half = Math.floor(keys.length / 2);
  const requests = async (work: (key: string) => Promise<unknown>, some: readonly string[]): Promise<string> => {
    const before = transport.requests;
    let done = 0;
    for (const key of some) {
      // The mode may end meanwhile: later operations don't count.
      if (client.explain(key).mode !== mode) continue;
      await work(key);
      done += 1;
    }
    return done === 0 ? 'none' : ((transport.requests - before) / done).toFixed(2);
  };
  const get = (key: string): Promise<unknown> => client.get(key);
  const perGet = await requests(get, keys.slice(0, half));
  const perSave = await requests(async (key) => {
    const record = await client.get(key);
    await client.set(key, 'y'.repeat(500), { ttlSeconds, expect: record });
  }, keys.slice(half));
  const nextGet = await requests(get, keys);
  return [String(copies), mode, `${keys.length} of ${KEYS.length}`, perGet, perSave, nextGet];
}

/** Resolves when every key is settled (`least` 0), or when any key is not (`least` 1). */
async function settled(client: Client, least: number): Promise<void> {
  await until(() => Math.min(1, KEYS.filter((key) => client.explain(key).mode !== 'settled').length) === least);
}

async function modeIs(client: Client, mode: string): Promise<void> {
  await until(() => KEYS.some((key) => client.explain(key).mode === mode));
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error('the cluster did not settle');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function bytesOn(nodes: readonly LocalNode[]): Promise<number> {
  const all = await Promise.all(nodes.map(nodeStats));
  return all.reduce((sum, stats) => sum + (stats.get('bytes') ?? 0), 0);
}

async function countKeys(node: LocalNode): Promise<number> {
  const options = {
    timeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    tls: false as const,
    credentials: undefined,
    maxInFlight: 10,
    maxQueuedBytes: 1_000_000,
    maxValueBytes: 1_000_000,
  };
  const transport = textTransport().open(node, options, { connected: () => undefined, disconnected: () => undefined });
  let count = 0;
  for await (const key of transport.keys?.() ?? []) if (!key.startsWith('@sess/')) count += 1;
  transport.destroy();
  return count;
}
