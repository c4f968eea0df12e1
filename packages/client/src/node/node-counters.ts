/** A node's own counters of what removes items. Read rarely, and only to explain a miss. */
import type { Clock } from '../clock.ts';
import type { StatsSection } from '../transport/transport.ts';

/** A node's counters, since its start or since a given time. */
export interface NodeCounters {
  /**
   * Earliest possible start, milliseconds since 1970 by this machine's clock: up to five seconds before the real one.
   */
  readonly startedAt: number;
  /** Items evicted before they expired. */
  readonly evictions: number;
  readonly flushes: number;
  /** Whether all of these happened since the given time; otherwise some may be older. */
  readonly isSince: boolean;
}

/** A node that may have statistics. */
export interface NodeWithStats {
  readonly id: string;
  /** Number of the connection: if it changes, the node may have restarted. */
  readonly epoch: number;
  /** Rejects if the node does not report statistics. */
  stats(section: StatsSection): Promise<ReadonlyMap<string, string>>;
}

interface Answer {
  /** By the monotonic clock. */
  readonly askedAt: number;
  readonly epoch: number;
  readonly counters: Promise<NodeCounters | undefined>;
}

interface Reading extends Omit<NodeCounters, 'isSince'> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Least time between two requests to a node. */
const FRESH_MS = 1_000;
/** Readings kept per node, and the least time between them: 15 minutes in all. */
const MAX_READINGS = 90;
const READINGS_APART_MS = 10_000;
/** Precision of `startedAt`. */
const START_MS = 5_000;

export class CountersOfNodes {
  readonly #clock: Clock;
  readonly #answers = new WeakMap<NodeWithStats, Answer>();
  readonly #readings = new WeakMap<NodeWithStats, Reading[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The node's counters since `since` (milliseconds since 1970) if there is a reading from before, otherwise since its
   * start. `undefined` if the node does not report them. Never rejects.
   */
  async of(node: NodeWithStats, since: number | undefined): Promise<NodeCounters | undefined> {
    const counters = await this.#now(node);
    if (counters === undefined || since === undefined) return counters;
    const before = this.#readings
      .get(node)
      ?.findLast(({ at, startedAt }) => at <= since && Math.abs(startedAt - counters.startedAt) < START_MS);
    return {
      startedAt: counters.startedAt,
      evictions: counters.evictions - (before?.evictions ?? 0),
      flushes: counters.flushes - (before?.flushes ?? 0),
      isSince: before !== undefined || counters.startedAt > since,
    };
  }

  #now(node: NodeWithStats): Promise<NodeCounters | undefined> {
    const known = this.#answers.get(node);
    const askedAt = this.#clock.elapsed();
    if (known !== undefined && known.epoch === node.epoch && askedAt - known.askedAt < FRESH_MS) return known.counters;
    const counters = this.#ask(node);
    this.#answers.set(node, { askedAt, epoch: node.epoch, counters });
    return counters;
  }

  /** Stores the node's statistics of the time `at` (milliseconds since 1970) as a reading, whoever asked for them. */
  remember(node: NodeWithStats, stats: ReadonlyMap<string, string>, at: number): NodeCounters | undefined {
    const uptime = Number(stats.get('uptime') ?? Number.NaN);
    if (!Number.isFinite(uptime)) return undefined;
    // Uptime is in whole seconds, and memcached starts counting at 2.
    const counters = {
      startedAt: at - 1_000 * (uptime + 1),
      evictions: Number(stats.get('evictions') ?? 0),
      flushes: Number(stats.get('cmd_flush') ?? 0),
    };
    this.#keep(node, { ...counters, at });
    return { ...counters, isSince: false };
  }

  async #ask(node: NodeWithStats): Promise<NodeCounters | undefined> {
    try {
      const at = this.#clock.now();
      return this.remember(node, await node.stats('general'), at);
    } catch {
      return undefined;
    }
  }

  #keep(node: NodeWithStats, reading: Reading): void {
    const readings = this.#readings.get(node) ?? [];
    this.#readings.set(node, readings);
    if (reading.at - (readings.at(-1)?.at ?? -Infinity) < READINGS_APART_MS) return;
    readings.push(reading);
    if (readings.length > MAX_READINGS) readings.shift();
  }
}
