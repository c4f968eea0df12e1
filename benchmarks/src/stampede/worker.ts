/** One application server under load: goes through all sessions again and again, and counts what its cache and its database were asked. */
import { createClient } from '@sess/client';
import { postgresBacking } from '@sess/postgres-backing';
import { backedStore, memcachedStore, SessionError, type Backing } from '@sess/session';

export interface Order {
  readonly servers: string;
  readonly database: string;
  readonly sessions: number;
  readonly loadsPerSecond: number;
  readonly inFlight: number;
  /** The sessions that this process makes before the load begins: every `of`-th, from `from` on. */
  readonly make: { readonly from: number; readonly of: number };
  /** The node that will die. */
  readonly doomed: string;
}

export type Told = 'made' | 'running' | Report;

export interface Report {
  readonly answered: number;
  readonly missing: number;
  readonly unavailable: number;
  /** The 99th percentile of what a request waited for its session, in milliseconds. */
  readonly p99Ms: number;
  /** Loads from the database of each session: while the dead node was listed, and after it had left. */
  readonly whileListed: readonly number[];
  readonly afterwards: readonly number[];
}

export function sessionKey(index: number): string {
  return `s/stampede-${index}`;
}

const NEVER = new AbortController().signal;

async function work(order: Order): Promise<void> {
  const client = createClient(order.servers);
  const postgres = postgresBacking({ connectionString: order.database, connections: 10, cleanUpIntervalMs: 0, statementTimeoutMs: 10_000 });
  await client.ready();
  const indexes = new Map(Array.from({ length: order.sessions }, (_, index) => [sessionKey(index), index]));
  const [whileListed, afterwards] = [counts(order.sessions), counts(order.sessions)];
  const backing: Backing = {
    load(id, signal) {
      const isListed = client.topology.nodes.some((node) => node.id === order.doomed);
      const loads = isListed ? whileListed : afterwards;
      const index = indexes.get(id) ?? 0;
      loads[index] = (loads[index] ?? 0) + 1;
      return postgres.load(id, signal);
    },
    save: (id, session, signal) => postgres.save(id, session, signal),
    destroy: (id, until, signal) => postgres.destroy(id, until, signal),
    touch: (touches, signal) => postgres.touch(touches, signal),
    doubt: (places, until, signal) => postgres.doubt(places, until, signal),
    doubts: (signal) => postgres.doubts(signal),
    close: () => postgres.close(),
  };
  const { loadsPerSecond } = order;
  const store = backedStore(memcachedStore(client), { backing, backingLimits: { loadsPerSecond, timeoutMs: 10_000, queued: 10_000 } });
  const make = async (index: number): Promise<void> => {
    await store.save(sessionKey(index), Buffer.alloc(512, index % 256), { ttlSeconds: 3_600, expect: 'absent' });
  };
  const mine = Array.from({ length: order.sessions }, (_, index) => index).filter((index) => index % order.make.of === order.make.from);
  await inTurns(order.inFlight, () => mine.pop(), make);
  tell('made');

  let stopped = false;
  let [answered, missing, unavailable] = [0, 0, 0];
  const waits: number[] = [];
  process.once('message', () => (stopped = true));
  let next = Math.floor(Math.random() * order.sessions);
  tell('running');
  await inTurns(
    order.inFlight,
    () => (stopped ? undefined : next++ % order.sessions),
    async (index) => {
      const from = performance.now();
      try {
        if ((await store.load(sessionKey(index), { signal: NEVER })) === undefined) missing += 1;
        else answered += 1;
      } catch (error) {
        if (!SessionError.is(error)) throw error;
        unavailable += 1;
      }
      waits.push(performance.now() - from);
    },
  );
  await store.close();
  await client.close();
  waits.sort((a, b) => a - b);
  const p99Ms = waits[Math.floor(waits.length * 0.99)] ?? 0;
  tell({ answered, missing, unavailable, p99Ms, whileListed: [...whileListed], afterwards: [...afterwards] });
  process.disconnect();
}

function counts(length: number): Uint16Array {
  return new Uint16Array(length);
}

/** Does `work` for all that `take` gives, so many at once. */
async function inTurns(atOnce: number, take: () => number | undefined, each: (index: number) => Promise<void>): Promise<void> {
  const turn = async (): Promise<void> => {
    for (let index = take(); index !== undefined; index = take()) await each(index);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}

function tell(what: Told): void {
  process.send?.(what);
}

process.once('message', (order: Order) => {
  work(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
