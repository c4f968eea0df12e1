/** One contender in its own process, so that its garbage and its compiled code do not slow another one. */
import { isDeepStrictEqual } from 'node:util';
import { keys, type Cell, type ContenderName, type Measurement } from './cell.ts';
import type { Contender, ContenderModule } from './contender.ts';
import { drive } from './drive.ts';
import { limit } from './limit.ts';

export interface Order {
  readonly cell: Cell;
  readonly servers: readonly string[];
  readonly milliseconds: number;
}
export type Answer = { readonly measurement: Measurement } | { readonly failure: string };

const name = process.argv[2] as ContenderName;
const modules: Record<Exclude<ContenderName, 'limit'>, () => Promise<ContenderModule>> = {
  'sess-text': () => import('./contenders/sess-text.ts'),
  'sess-memjs': () => import('./contenders/sess-memjs.ts'),
  memjs: () => import('./contenders/memjs.ts'),
  memcached: () => import('./contenders/memcached.ts'),
  memcache: () => import('./contenders/memcache.ts'),
  'memcache-client': () => import('./contenders/memcache-client.ts'),
};

const opened = new Map<string, Contender>();
let stored = '';

process.on('message', (order: Order) => {
  measureCell(order).then(
    (measurement) => process.send?.({ measurement } satisfies Answer),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Answer),
  );
});
process.on('disconnect', () => process.exit(0));

async function measureCell({ cell, servers, milliseconds }: Order): Promise<Measurement> {
  if (name === 'limit') return limit(cell, servers, milliseconds);
  const contender = opened.get(String(servers)) ?? (await (await modules[name]()).open(servers));
  opened.set(String(servers), contender);
  const all = keys(name);
  const value = Buffer.alloc(cell.valueBytes, 'v');
  const wanted = `${cell.valueBytes} ${servers.join(' ')}`;
  if (stored !== wanted) {
    for (const key of all) await contender.set(key, value);
    stored = wanted;
    await mustHit(contender, all[0] ?? '', value);
  }
  const operate =
    cell.operation === 'get'
      ? (turn: number): Promise<unknown> => contender.get(all[turn % all.length] ?? '')
      : (turn: number): Promise<unknown> => contender.set(all[turn % all.length] ?? '', value);
  return drive(operate, cell.inFlight, milliseconds);
}

/** Checks a contender's answers: one that misses, or returns other bytes, would be the fastest. */
async function mustHit(contender: Contender, key: string, value: Buffer): Promise<void> {
  const found = await contender.get(key);
  const bytes = found instanceof Object && 'value' in found ? found.value : found;
  const same = typeof bytes === 'string' ? bytes === value.toString('latin1') : isDeepStrictEqual(bytes, value);
  if (!same) throw new Error(`${name} did not return what it stored`);
}
