import { afterAll, beforeAll, expect } from 'vitest';
import type { LocalCluster } from '../../src/local-cluster.ts';
import type { LocalClusterOptions } from '../../src/options.ts';
import { startLocalCluster } from '../../src/start-local-cluster.ts';
import { exchange } from './raw-exchange.ts';

/** A real and an embedded node that get the same requests. */
export interface TwoServers {
  /** Empties both and restarts their CAS numbers. */
  restart(): Promise<void>;
  ports(): { readonly real: number; readonly embedded: number };
  /** Sends the request to both and compares with `same`. */
  expectSame(request: string | Uint8Array, same: (one: Buffer, other: Buffer) => boolean): Promise<void>;
  /** Compares the counters of both. */
  expectSameCounts(): Promise<void>;
}

/** Starts both before the tests of the surrounding block, and ends them after. */
export function twoServers(options: LocalClusterOptions = {}): TwoServers {
  let clusters: LocalCluster[] = [];
  beforeAll(async () => {
    clusters = await Promise.all([
      startLocalCluster({ ...options, nodes: 1, runtime: 'memcached' }),
      startLocalCluster({ ...options, nodes: 1, runtime: 'embedded' }),
    ]);
  });
  afterAll(() => Promise.all(clusters.map((cluster) => cluster.close())));

  const ports = (): { real: number; embedded: number } => {
    const [real, embedded] = clusters.map((cluster) => cluster.nodes[0]?.port ?? 0);
    return { real: real ?? 0, embedded: embedded ?? 0 };
  };
  return {
    ports,
    async restart() {
      await Promise.all(clusters.map((cluster) => cluster.restartNode(cluster.nodes[0]?.id ?? '')));
    },
    async expectSame(request, same) {
      const { real, embedded } = ports();
      const [theirs, ours] = await Promise.all([exchange(real, request), exchange(embedded, request)]);
      if (same(theirs, ours)) return;
      expect({ request: show(request), reply: show(ours) }).toEqual({ request: show(request), reply: show(theirs) });
    },
    async expectSameCounts() {
      const { real, embedded } = ports();
      const [theirs, ours] = await Promise.all([statRows(real), statRows(embedded)]);
      expect(countsOf(ours)).toEqual(countsOf(theirs));
    },
  };
}

/** The rows of `stats <topic>`. */
export async function statRows(port: number, topic = ''): Promise<ReadonlyMap<string, string>> {
  const reply = (await exchange(port, `stats ${topic}\r\n`)).toString('latin1');
  expect(reply.endsWith('END\r\n')).toBe(true);
  return new Map(Array.from(reply.matchAll(/STAT (\S+) (.*)\r\n/g), ([, name = '', value = '']) => [name, value]));
}

/**
 * Omits counters that depend on when memcached's own threads run. The crawler changes the counts of current and expired
 * items. The count of all items also differs: an increment creates a new item while a thread moves one that was read
 * twice.
 */
const COUNTS =
  'cmd_get cmd_set cmd_flush cmd_touch cmd_meta get_hits get_misses delete_hits delete_misses incr_hits incr_misses decr_hits decr_misses ' +
  'cas_hits cas_misses cas_badval touch_hits touch_misses store_too_large store_no_memory evictions';

function countsOf(rows: ReadonlyMap<string, string>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(COUNTS.split(' ').map((name) => [name, rows.get(name)]));
}

/** Shows a binary message as hexadecimal numbers, and anything else as text; truncates long ones. */
function show(bytes: string | Uint8Array): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const shown = /^[\x80\x81]/.test(text)
    ? Buffer.from(text, 'latin1')
        .toString('hex')
        .replaceAll(/(.{8})/g, '$1 ')
    : text;
  return shown.length > 2_000 ? `${shown.slice(0, 1_000)} ... ${text.length} bytes` : shown;
}
