/**
 * One application server under load: requests all sessions repeatedly, and counts the requests to its cache and its
 * database.
 */
import { createClient } from '@sess/client';
import { postgresBacking } from '@sess/postgres-backing';
import { backedStore, memcachedStore, SessionError, type Backing, type SessionStore } from '@sess/session';

export interface Order {
  readonly servers: string;
  readonly database: string;
  readonly sessions: number;
  readonly loadsPerSecond: number;
  readonly inFlight: number;
  /** The sessions that this process creates before the load begins: every `of`-th, from `from` on. */
  readonly make: { readonly from: number; readonly of: number };
}

export type Told = 'made' | Report;

export interface Report {
  readonly answered: number;
  readonly missing: number;
  readonly unavailable: number;
  /** The 99th percentile of a request's wait for its session, in milliseconds. */
  readonly p99Ms: number;
  /** Loads from the database of each session that the cache had lost. */
  readonly lost: readonly number[];
  /** Loads because the cache did not answer, and loads to compare its records with the database afterwards. */
  readonly pastCache: number;
  readonly checks: number;
}

export function sessionKey(index: number): string {
  return `s/stampede-${index}`;
}

async function work(order: Order): Promise<void> {
  // A long timeout, so that slow answers of a busy machine are no outage: only the dead node is.
  const client = createClient({ servers: order.servers, timeoutMs: 5_000 });
  const postgres = postgresBacking({
    connectionString: order.database,
    connections: 10,
    cleanUpIntervalMs: 0,
    statementTimeoutMs: 10_000,
  });
  await client.ready();
  const indexes = new Map(Array.from({ length: order.sessions }, (_, index) => [sessionKey(index), index]));
  const lost = new Uint16Array(order.sessions);
  let [pastCache, checks] = [0, 0];
  const cache = memcachedStore(client);
  const heard = new Map<string, 'hit' | 'miss' | 'nothing'>();
  const listening: SessionStore = {
    name: cache.name,
    load: (key, options) =>
      cache.load(key, options).then(
        (session) => {
          heard.set(key, session === undefined ? 'miss' : 'hit');
          return session;
        },
        (error: unknown) => {
          heard.set(key, 'nothing');
          throw error;
        },
      ),
    save: (key, value, options) => cache.save(key, value, options),
    touch: (key, ttlSeconds, options) => cache.touch(key, ttlSeconds, options),
    destroy: (key, ttlSeconds, options) => cache.destroy(key, ttlSeconds, options),
    places: (key, which) => cache.places?.(key, which) ?? [],
    close: () => cache.close(),
  };
  const backing: Backing = {
    load(id, signal) {
      const index = indexes.get(id) ?? 0;
      if (heard.get(id) === 'miss') lost[index] = (lost[index] ?? 0) + 1;
      else if (heard.get(id) === 'nothing') pastCache += 1;
      else checks += 1;
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
  const store = backedStore(listening, {
    backing,
    backingLimits: { loadsPerSecond, timeoutMs: 10_000, queued: 10_000 },
  });
  const make = async (index: number): Promise<void> => {
    await store.save(sessionKey(index), Buffer.alloc(512, index % 256), { ttlSeconds: 3_600, expect: 'absent' });
  };
  const mine = Array.from({ length: order.sessions }, (_, index) => index).filter(
    (index) => index % order.make.of === order.make.from,
  );
  await inTurns(order.inFlight, () => mine.pop(), make);
  const allAreMade = new Promise((resolve) => process.once('message', resolve));
  tell('made');
  await allAreMade;

  let stopped = false;
  let [answered, missing, unavailable] = [0, 0, 0];
  const waits: number[] = [];
  process.once('message', () => (stopped = true));
  let next = Math.floor(Math.random() * order.sessions);
  await inTurns(
    order.inFlight,
    () => (stopped ? undefined : next++ % order.sessions),
    async (index) => {
      const from = performance.now();
      try {
        if ((await store.load(sessionKey(index))) === undefined) missing += 1;
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
  tell({ answered, missing, unavailable, p99Ms, lost: [...lost], pastCache, checks });
  process.disconnect();
}

/** Calls `each` for all indexes from `take`, at most `atOnce` concurrently. */
async function inTurns(
  atOnce: number,
  take: () => number | undefined,
  each: (index: number) => Promise<void>,
): Promise<void> {
  const turn = async (): Promise<void> => {
    for (let index = take(); index !== undefined; index = take()) await each(index);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}

function tell(what: Told): void {
  process.send?.(what);
}

// Without the scenario's process, nobody reads the report.
process.once('disconnect', () => process.exit());
process.once('message', (order: Order) => {
  work(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
