/** One application process with an idle client that has many nodes. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type Client } from '@sess/client';
import { OwnList } from '../own-list.ts';
import { openSockets, socketBytes } from '../socket-bytes.ts';
import type { Course, Joined, Message, Order, Rested } from './course.ts';

const TTL_SECONDS = 86_400;
const SECRET = 'a secret for benchmarks only, which has more than 32 bytes';

let client: Client | undefined;

async function join({ servers, views, opens }: Course): Promise<Joined> {
  const startedAt = performance.now();
  const discovery = new OwnList();
  // A measurement with open views must not finish their handovers.
  const handover = { finish: views === 0 };
  client = createClient({ discovery, historySecret: SECRET, readyTimeoutMs: 60_000, handover });
  discovery.tell(servers);
  await client.ready();
  // The first get also waits for the history.
  await client.get('nobody');
  const readyMs = performance.now() - startedAt;
  const toOpen = opens ? views : 0;
  for (let view = 1; view <= toOpen; view += 1) {
    discovery.tell(servers.filter((_, index) => index !== view % servers.length));
    await client.set('one', 'x', { ttlSeconds: TTL_SECONDS });
  }
  discovery.tell(servers);
  await client.set('one', 'x', { ttlSeconds: TTL_SECONDS });
  return { readyMs };
}

async function rest(seconds: number): Promise<Rested> {
  const [bytes, cpu, startedAt] = [socketBytes(), process.cpuUsage(), performance.now()];
  await pause(seconds * 1_000);
  const [passedMs, used, passedBytes] = [performance.now() - startedAt, process.cpuUsage(cpu), socketBytes() - bytes];
  // Measures this last: a check of the event loop every millisecond costs more than the client.
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await pause(seconds * 1_000);
  delay.disable();
  return {
    openViews: client?.handovers.length ?? 0,
    sockets: openSockets(),
    residentBytes: process.memoryUsage.rss(),
    heapBytes: process.memoryUsage().heapUsed,
    cpu: (used.user + used.system) / 1_000 / passedMs,
    bytesPerSecond: (passedBytes * 1_000) / passedMs,
    longestTurnMs: delay.max / 1e6,
  };
}

async function carryOut(order: Order): Promise<Message | undefined> {
  if ('join' in order) return { joined: await join(order.join) };
  if ('rest' in order) return { rested: await rest(order.rest) };
  await client?.close();
  process.disconnect();
  return undefined;
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (message) => message !== undefined && process.send?.(message),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Message),
  );
});
