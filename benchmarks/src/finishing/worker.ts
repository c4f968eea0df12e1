/** A process of an application: visits of sessions at a steady rate, and a client that may finish handovers. */
import { subscribe } from 'node:diagnostics_channel';
import { createClient, SessClientError, type Client, type HandoverMessage } from '@sess/client';
import { OwnList } from '../own-list.ts';
import { socketBytes } from '../socket-bytes.ts';
import { quantile } from '../statistics.ts';
import type { Latencies, Measured, Membership, Message, Order } from './orders.ts';

const TTL_SECONDS = 86_400;
const SECRET = 'a secret for benchmarks only, which has more than 32 bytes';
const VALUE = Buffer.alloc(500, 'v');
const AT_ONCE = 500;
/** One visit in this many changes the session. */
const SAVE_EVERY = 5;
const TICK_MS = 2;
const LOOK_AT_MEMORY_MS = 100;
/** Clients agree on a list within 10 seconds, not 35, because the agreement is not measured. */
const PACE = { historyIntervalMs: 2_500, clockSkewMs: 500 } as const;

let discovery = new OwnList();
let client: Client | undefined;
let since = nothing();
let visits: NodeJS.Timeout | undefined;

subscribe('sess:client:handover', (message) => {
  const { phase, keys, carried } = message as HandoverMessage;
  tell({ handover: { phase, keys, carried } });
});

function nothing() {
  return {
    at: performance.now(),
    bytes: socketBytes(),
    reads: [] as number[],
    saves: [] as number[],
    failed: {} as Record<string, number>,
    mostResidentBytes: process.memoryUsage.rss(),
  };
}

async function join({ servers, finish, keysPerSecond }: Membership): Promise<void> {
  const former = client;
  discovery = new OwnList();
  const joined = createClient({
    discovery,
    historySecret: SECRET,
    historyIntervalMs: PACE.historyIntervalMs,
    timeoutMs: 5_000,
    handover: { finish, keysPerSecond, clockSkewMs: PACE.clockSkewMs },
  });
  discovery.tell(servers);
  await joined.ready();
  await joined.get('nobody');
  client = joined;
  await former?.close();
}

async function fill(sessions: number): Promise<void> {
  for (let from = 0; from < sessions; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, sessions - from) }, (_, index) => from + index);
    await Promise.all(some.map((number) => opened().set(keyOf(number), VALUE, { ttlSeconds: TTL_SECONDS })));
  }
}

setInterval(() => {
  since.mostResidentBytes = Math.max(since.mostResidentBytes, process.memoryUsage.rss());
}, LOOK_AT_MEMORY_MS).unref();

/** An open load: visits start whether or not earlier ones were answered. */
function visit(perSecond: number, sessions: number): void {
  const begin = performance.now();
  let sent = 0;
  visits = setInterval(() => {
    for (const due = ((performance.now() - begin) / 1_000) * perSecond; sent < due; sent += 1)
      void visitOne(keyOf(Math.floor(Math.random() * sessions)), sent % SAVE_EVERY === 0);
  }, TICK_MS);
}

async function visitOne(key: string, changes: boolean): Promise<void> {
  const { reads, saves, failed } = since;
  try {
    const readAt = performance.now();
    const record = await opened().get(key);
    reads.push(performance.now() - readAt);
    if (record === undefined) failed['missing'] = (failed['missing'] ?? 0) + 1;
    if (record === undefined || !changes) return;
    const savedAt = performance.now();
    await opened().set(key, VALUE, { ttlSeconds: TTL_SECONDS, expect: record });
    saves.push(performance.now() - savedAt);
  } catch (error) {
    const code = SessClientError.is(error) ? error.code : String(error);
    failed[code] = (failed[code] ?? 0) + 1;
  }
}

function measured(): Measured {
  const { at, bytes, reads, saves, failed, mostResidentBytes } = since;
  since = nothing();
  return {
    seconds: (since.at - at) / 1_000,
    reads: latencies(reads),
    saves: latencies(saves),
    failed,
    bytes: since.bytes - bytes,
    mostResidentBytes,
  };
}

function latencies(took: readonly number[]): Latencies {
  return { count: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

function keyOf(number: number): string {
  return `s/${String(number).padStart(43, '0')}`;
}

function opened(): Client {
  if (client === undefined) throw new Error('This process has not joined.');
  return client;
}

async function carryOut(order: Order): Promise<Message | undefined> {
  if ('join' in order) await join(order.join);
  else if ('list' in order) discovery.tell(order.list);
  else if ('fill' in order) await fill(order.fill);
  else if ('visit' in order) visit(order.visit.perSecond, order.visit.sessions);
  else if ('measured' in order) return { measured: measured() };
  else if ('phases' in order) return { phases: opened().handovers.map(({ phase }) => phase) };
  else {
    clearInterval(visits);
    await client?.close();
    process.disconnect();
    return undefined;
  }
  return { done: true };
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (message) => message !== undefined && tell(message),
    (error: unknown) => tell({ failure: String(error) }),
  );
});
