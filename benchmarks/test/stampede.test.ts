import { expect, inject, it } from 'vitest';
import { stampede } from '../src/stampede/scenario.ts';

/** Four processes, memcached and PostgreSQL under load: in the long form only. */
const canRun = inject('long') && inject('programs').includes('postgres') && inject('runtimes').includes('memcached');

it.runIf(canRun)(
  'a node of the cache dies under load: nobody is logged out, no lost session is loaded twice, and the database is asked no more than it was said',
  { timeout: 240_000 },
  async () => {
    const outcome = await stampede({
      sessions: 400,
      nodes: 2,
      processes: 4,
      loadsPerSecond: 50,
      inFlight: 8,
      listedMs: 200,
      worker: new URL('../dist/stampede/worker.js', import.meta.url),
    });
    expect(outcome.missing).toBe(0);
    expect(outcome.lost).toBeGreaterThan(50);
    expect(outcome.mostLoads).toBe(1);
    expect(outcome.loadsCounted).toBeGreaterThanOrEqual(outcome.lost);
    // A sample is taken up to a tenth of a second after the second is over.
    expect(outcome.mostPerSecond).toBeLessThanOrEqual(outcome.bound * 1.2);
  },
);
